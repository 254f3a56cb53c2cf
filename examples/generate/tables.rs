//! The texts that events are made of. Those with escapes are spelt as in JSON.

/// The codes that `ActionTrail` has for services, the most used first.
#[rustfmt::skip] // One entry a line would bury the code.
pub const SERVICES: [&str; 120] = [
    "Ecs", "Oss", "Ram", "Sts", "Rds", "Slb", "Vpc", "Kms", "Actiontrail", "CS", "Log", "polardb",
    "Ims", "PrivateZone", "MultimediaAI", "RealtimeCompute", "Hologram", "aegis",
    "ResourceManager", "ResourceSharing", "ResourceCenter", "Tag", "quotas", "Config", "cloudsso",
    "Alb", "Nlb", "Cbn", "CEN", "Eip", "Eipanycast", "NAT", "VPN", "VpcPeer", "CBWP",
    "ExpressConnect", "Ga", "Smartag", "Privatelink", "CC5G", "IoTCC", "pvtz", "Alidns",
    "Httpdns", "Domain", "Cdn", "dcdn", "scdn", "Pcdn", "ESA", "Ens", "Eci", "ACK", "adcp",
    "AckOne", "cr", "servicemesh", "Ess", "ebs", "eais", "EHPC", "EhpcInstant", "BatchCompute",
    "SWAS-OPEN", "SWAS", "ecd", "gws", "eds-aic", "eds-user", "cloudphone", "ECP", "FC",
    "FC-Open", "fnf", "sae", "Devs", "WebPlus", "ROS", "oos", "smc", "BPStudio", "ComputeNest",
    "SysOM", "eflo", "NAS", "DFS", "DBFS", "hbr", "pds", "imm", "Ots", "Sls", "R-kvstore",
    "Redis", "Dds", "MongoDB", "polardbx", "Drds", "adb", "gpdb", "HBase", "Cassandra",
    "clickhouse", "hitsdb", "Lindorm", "TSDB", "OceanBasePro", "OceanBase", "selectdb",
    "GraphDatabase", "cddc", "Dts", "Dbs", "DAS", "dms-enterprise", "dms-dg", "DataLake",
    "MaxCompute", "DataWorks", "dataphin-public",
];

/// The first halves of event names: 50 verbs and 60 nouns make 3,000 names.
#[rustfmt::skip] // One entry a line would bury the code.
pub const VERBS: [&str; 50] = [
    "Describe", "List", "Get", "Create", "Delete", "Modify", "Update", "Query", "Check", "Run",
    "Start", "Stop", "Reboot", "Attach", "Detach", "Add", "Remove", "Set", "Reset", "Enable",
    "Disable", "Allocate", "Release", "Associate", "Unassociate", "Authorize", "Revoke", "Grant",
    "Import", "Export", "Copy", "Move", "Renew", "Apply", "Cancel", "Submit", "Approve", "Tag",
    "Untag", "Upgrade", "Downgrade", "Migrate", "Restore", "Backup", "Scale", "Bind", "Unbind",
    "Publish", "Invoke", "Validate",
];

#[rustfmt::skip] // One entry a line would bury the code.
pub const NOUNS: [&str; 60] = [
    "Instances", "InstanceStatus", "Bucket", "ObjectMeta", "User", "Policy", "Session", "Caller",
    "DBInstance", "DBAccount", "LoadBalancer", "Listener", "VSwitch", "RouteTable", "KeyVersion",
    "Secret", "Trace", "Delivery", "Cluster", "NodePool", "Logstore", "Index", "DBNode",
    "Endpoint", "Image", "Snapshot", "Disk", "SecurityGroup", "NetworkInterface", "EipAddress",
    "Gateway", "Certificate", "Domain", "Record", "Zone", "Template", "Stack", "Alarm", "Metric",
    "Dashboard", "Function", "Trigger", "Queue", "Topic", "Consumer", "Job", "Task", "Project",
    "Table", "Partition", "Device", "Product", "Order", "Quota", "Resource", "Group", "Rule",
    "Backend", "Version", "Whitelist",
];

#[rustfmt::skip] // One entry a line would bury the code.
pub const REGIONS: [&str; 12] = [
    "cn-hangzhou", "cn-shanghai", "cn-beijing", "ap-southeast-1", "cn-shenzhen", "eu-central-1",
    "us-west-1", "cn-hongkong", "ap-northeast-1", "us-east-1", "cn-zhangjiakou", "ap-southeast-5",
];

/// User agents as spelt in JSON; two of them hold escapes.
pub const AGENTS: [&str; 10] = [
    "AlibabaCloud (Linux; amd64) Java/1.8.0_372-b07 Core/4.6.4 HTTPClient/ApacheHttpClient",
    "AlibabaCloud (linux; amd64) Golang/1.21.5 Core/0.01 TeaDSL/1",
    "AlibabaCloud (Linux; x86_64) Python/3.10.12 Core/2.16.1 python-requests/2.31.0",
    "Aliyun-CLI/3.0.198",
    "HashiCorp Terraform/1.6.6 Terraform-Provider/1.215.0 (+https:\\/\\/www.terraform.io)",
    "aliyun-sdk-go/3.0.1 (Linux/5.10.134-15.al8.x86_64/x86_64;go1.21.5)",
    "AlibabaCloud API Workbench",
    "deploy-agent \\\"nightly\\\" (build 4711; path C:\\\\ci\\\\bin)",
    "Apache-HttpClient/4.5.13 (Java/11.0.20)",
    "kube-controller/v1.28.3 alibaba-cloud-csi/1.26.2",
];

pub const CONSOLE_AGENTS: [&str; 4] = [
    "ecs.console.aliyun.com",
    "ram.console.aliyun.com",
    "oss.console.aliyun.com",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
     Chrome/119.0.0.0 Safari/537.36",
];

/// Names of arguments. All events of one name have the same ones.
#[rustfmt::skip] // One entry a line would bury the code.
pub const ARGUMENTS: [&str; 48] = [
    "ZoneId", "InstanceId", "PageSize", "PageNumber", "ClientToken", "SignatureType", "VSwitchId",
    "SecurityGroupId", "SystemDisk.Category", "SystemDisk.Size", "NetworkInterface.1.VSwitchId",
    "NetworkInterface.1.SecurityGroupId", "Tag.1.Key", "Tag.1.Value", "Tag.2.Key", "Tag.2.Value",
    "Description", "InstanceName", "InstanceType", "InternetMaxBandwidthOut", "IoOptimized",
    "ImageId", "DryRun", "ResourceGroupId", "OwnerAccount", "ResourceOwnerAccount", "Period",
    "PeriodUnit", "AutoRenew", "ChargeType", "Engine", "EngineVersion", "DBInstanceClass",
    "NetworkType", "SecurityEnhancementStrategy", "HttpTokens", "Affinity", "Tenancy",
    "StartTime", "EndTime", "MaxResults", "NextToken", "Filter.1.Key", "Filter.1.Value",
    "SourceRegionId", "UniqueSuffix", "UserData", "ServiceCode",
];

#[rustfmt::skip] // One entry a line would bury the code.
pub const WORDS: [&str; 24] = [
    "cloud_efficiency", "default", "vpc", "Standard", "Primary", "optional", "Active", "PostPaid",
    "ecs.g7.2xlarge", "aliyun_3_x64_20G_alibase_20231219.vhd", "production", "CreatedBy",
    "terraform", "team-payments", "cost-center", "8.0", "mysql.x4.large.2c", "Hour", "instance",
    "rg-acfm2pz25js5example", "PrePaid", "nightly-batch", "True", "status",
];

/// Texts with characters of several bytes, with escapes, and with JSON in a string.
pub const TEXTS: [&str; 6] = [
    "批量任务：每晚同步订单数据",
    "line one\\nline two\\twith \\\"quotes\\\" and a \\\\ backslash",
    "{\\\"Version\\\":\\\"1\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"ecs:*\\\",\\\"Resource\\\":\\\"*\\\"}]}",
    "\\u6d4b\\u8bd5\\u73af\\u5883 \\ud83d\\ude80",
    "[\\\"vsw-a\\\",\\\"vsw-b\\\"]",
    "生产环境 web 服务器（勿删）",
];

pub const ERRORS: [(&str, &str); 6] = [
    (
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource.",
    ),
    ("NoPermission", "You are not authorized to do this action."),
    (
        "InvalidInstanceId.NotFound",
        "The specified InstanceId does not exist.",
    ),
    (
        "Throttling.User",
        "Request was denied due to user flow control.",
    ),
    (
        "InvalidParameter",
        "The specified parameter \\\"ZoneId\\\" is not valid.",
    ),
    (
        "IncorrectInstanceStatus",
        "The current status of the resource does not support this.",
    ),
];

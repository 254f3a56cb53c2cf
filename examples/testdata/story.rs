//! The archive in which a key leaks: a deployment key is used for a week, leaks, and is used to take
//! over the account.
//!
//! The shapes of the events follow the documented samples; every name, number and address is
//! invented. Addresses are from the documentation ranges (RFC 5737, RFC 3849) and private ones.

use std::{collections::BTreeMap, error::Error, path::Path};

use md_5::{Digest as _, Md5};
use serde_json::{Map, Value, json};

use crate::{
    gzip,
    support::{ObjectPlace, Rng, UtcTime, push_hex, push_uuid},
    write,
};

/// 2024-03-01T00:00:00Z, the month of all events.
const MARCH: u64 = 1_709_251_200;

/// The account that is attacked.
pub const SHOP: &str = "1098700000000001";
/// Another account of the same resource directory.
pub const PARTNER: &str = "1098700000000002";
const RESOURCE_DIRECTORY: &str = "rd-k7w2x9";

/// Addresses the intruder comes from, one after another.
pub const INTRUDER: [&str; 3] = ["203.0.113.77", "198.51.100.23", "2001:db8:bad::7"];
const INTRUDER_AGENT: &str = "python-requests/2.28.2";

pub const CI_KEY: &str = "LTAI5tCiDeployEXAMPLE001";
const WEB_KEY: &str = "LTAI5tWebShopEXAMPLE0002";
const BACKUP_KEY: &str = "LTAI5tBackupEXAMPLE00003";
const MONITOR_KEY: &str = "LTAI5tMonitorEXAMPLE0004";
const ROOT_KEY: &str = "LTAI5tRootKeyEXAMPLE0005";
const OLD_KEY: &str = "Fq3EXAMPLEold006";
pub const NEW_KEY: &str = "LTAI5tSysSyncEXAMPLE0007";
pub const STOLEN_SESSION: &str = "STS.NEXAMPLEstolenSession0008";
const NIGHTLY_SESSION: &str = "STS.NEXAMPLEnightlyBuild0009";
const CONSOLE_SESSION: &str = "TMP.3KEXAMPLEconsole0010";
const PARTNER_KEY: &str = "LTAI5tPartnerEXAMPLE0011";

/// A caller, and the values that all its events have.
#[derive(Clone, Copy)]
pub struct Caller {
    pub key: Option<&'static str>,
    kind: &'static str,
    account: &'static str,
    principal: &'static str,
    user: &'static str,
    address: &'static str,
    agent: &'static str,
    region: &'static str,
    pub role: &'static str,
}

const CI: Caller = Caller {
    key: Some(CI_KEY),
    kind: "ram-user",
    account: SHOP,
    principal: "200000000000000001",
    user: "ci-deploy",
    address: "192.0.2.10",
    agent: "HashiCorp Terraform/1.6.6 Terraform-Provider/1.215.0",
    region: "cn-hangzhou",
    role: "deployments; leaks",
};
const WEB: Caller = Caller {
    key: Some(WEB_KEY),
    principal: "200000000000000002",
    user: "web-shop",
    address: "10.0.3.7",
    agent: "AlibabaCloud (Linux; amd64) Java/1.8.0_372-b07 Core/4.6.4",
    role: "the shop's servers, from inside a VPC",
    ..CI
};
const BACKUP: Caller = Caller {
    key: Some(BACKUP_KEY),
    principal: "200000000000000003",
    user: "backup",
    address: "192.0.2.44",
    agent: "Aliyun-CLI/3.0.198",
    role: "nightly backups in two regions",
    ..CI
};
const MONITOR: Caller = Caller {
    key: Some(MONITOR_KEY),
    principal: "200000000000000004",
    user: "monitor",
    address: "2001:db8:a::5",
    agent: "AlibabaCloud (linux; amd64) Golang/1.21.5 Core/0.01 TeaDSL/1",
    role: "metrics of three regions, over IPv6, throttled at times",
    ..CI
};
const ROOT: Caller = Caller {
    key: Some(ROOT_KEY),
    kind: "root-account",
    principal: SHOP,
    user: "root",
    address: "Internal",
    agent: "AlibabaCloud (Linux; x86_64) Python/3.10.12 Core/2.16.1",
    role: "the account's own key, used once",
    ..CI
};
const OLD: Caller = Caller {
    key: Some(OLD_KEY),
    principal: "200000000000000006",
    user: "legacy",
    address: "192.0.2.60",
    agent: "aliyuncli/2.0.6",
    role: "a key of the old form, without a prefix",
    ..CI
};
const NIGHTLY: Caller = Caller {
    key: Some(NIGHTLY_SESSION),
    kind: "assumed-role",
    principal: "300000000000000001:nightly",
    user: "nightly-build:nightly",
    address: "192.0.2.10",
    role: "the nightly build's role session, assumed by the CI key",
    ..CI
};
const CONSOLE: Caller = Caller {
    key: Some(CONSOLE_SESSION),
    role: "a console session that writes PascalCase events",
    ..ROOT
};
const CREATED: Caller = Caller {
    key: Some(NEW_KEY),
    principal: "200000000000000099",
    user: "svc-sync",
    address: INTRUDER[1],
    agent: INTRUDER_AGENT,
    role: "made by the intruder with the CI key",
    ..CI
};
const STOLEN: Caller = Caller {
    key: Some(STOLEN_SESSION),
    kind: "assumed-role",
    principal: "300000000000000002:sync",
    user: "org-admin:sync",
    address: INTRUDER[2],
    agent: INTRUDER_AGENT,
    role: "a role session the intruder assumed with the new key",
    ..CI
};
const PARTNER_APP: Caller = Caller {
    key: Some(PARTNER_KEY),
    account: PARTNER,
    principal: "200000000000000011",
    user: "partner-sync",
    address: "192.0.2.200",
    agent: "aliyun-sdk-go/3.0.1 (Linux/5.10/x86_64;go1.21.5)",
    region: "cn-shanghai",
    role: "the other account; in the multi-account trail only",
    ..CI
};
const ALICE: Caller = Caller {
    key: None,
    principal: "200000000000000021",
    user: "alice",
    address: "192.0.2.101",
    agent: "ram.console.aliyun.com",
    role: "",
    ..CI
};
const INTRUDER_IN_CONSOLE: Caller = Caller {
    key: None,
    address: INTRUDER[0],
    ..CREATED
};

/// Every `AccessKey` of the archive, for the README.
pub const KEYS: [Caller; 11] = [
    CI,
    WEB,
    BACKUP,
    MONITOR,
    ROOT,
    OLD,
    NIGHTLY,
    CONSOLE,
    CREATED,
    STOLEN,
    PARTNER_APP,
];

/// A call, from which an event is made.
struct Call {
    who: Caller,
    seconds: u64,
    service: &'static str,
    event: &'static str,
    event_type: &'static str,
    write: bool,
    error: Option<(&'static str, &'static str)>,
    parameters: Value,
    response: Value,
    resources: Vec<(&'static str, String)>,
    global: bool,
}

impl Call {
    /// A successful read by API, at a day of March and a time of day.
    fn new(
        who: Caller,
        time: (u64, u64, u64, u64),
        service: &'static str,
        event: &'static str,
    ) -> Self {
        let (day, hour, minute, second) = time;
        let reads = ["Describe", "List", "Get", "Lookup"];
        Self {
            who,
            seconds: MARCH + (day - 1) * 86_400 + hour * 3_600 + minute * 60 + second,
            service,
            event,
            event_type: if who.key.is_some() {
                "ApiCall"
            } else {
                "ConsoleOperation"
            },
            write: !reads.iter().any(|prefix| event.starts_with(prefix)),
            error: None,
            parameters: json!({}),
            response: Value::Null,
            resources: Vec::new(),
            global: matches!(service, "Ram" | "Ims" | "AasSub" | "AasCustomer"),
        }
    }

    fn address(mut self, address: &'static str) -> Self {
        self.who.address = address;
        self
    }

    fn agent(mut self, agent: &'static str) -> Self {
        self.who.agent = agent;
        self
    }

    /// The call as the intruder makes it.
    fn intruder(self, address: &'static str) -> Self {
        self.address(address).agent(INTRUDER_AGENT)
    }

    fn region(mut self, region: &'static str) -> Self {
        self.who.region = region;
        self
    }

    fn event_type(mut self, event_type: &'static str) -> Self {
        self.event_type = event_type;
        self
    }

    fn error(mut self, code: &'static str, message: &'static str) -> Self {
        self.error = Some((code, message));
        self
    }

    fn denied(self) -> Self {
        match self.service {
            "Ecs" | "Rds" | "Kms" => self.error(
                "Forbidden.RAM",
                "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
            ),
            "Oss" => self.error("AccessDenied", "You are forbidden to list buckets."),
            _ => self.error("NoPermission", "You are not authorized to do this action."),
        }
    }

    fn parameters(mut self, parameters: Value) -> Self {
        self.parameters = parameters;
        self
    }

    fn response(mut self, response: Value) -> Self {
        self.response = response;
        self
    }

    fn resource(mut self, kind: &'static str, name: impl Into<String>) -> Self {
        self.resources.push((kind, name.into()));
        self
    }
}

/// An event as delivered, and the folder of its log file.
struct Delivery {
    seconds: u64,
    account: &'static str,
    /// The region of the folder. Global events are delivered to the home region.
    folder: &'static str,
    event: Value,
}

/// An event that has a row in the README.
pub struct Highlight {
    pub time: String,
    pub key: &'static str,
    pub call: String,
    pub address: &'static str,
    pub what: &'static str,
}

/// All events of the archive.
#[derive(Default)]
pub struct Story {
    deliveries: Vec<Delivery>,
    insights: Vec<Delivery>,
    pub highlights: Vec<Highlight>,
    /// The number of events so far, from which the next one gets its id.
    count: u64,
}

/// What `Story::deliver` wrote.
#[derive(Default)]
pub struct Delivered {
    pub single_files: u64,
    pub single_events: u64,
    pub multi_files: u64,
    pub multi_events: u64,
    /// Events of the multi-account trail that the other trail delivered too.
    pub repeated: u64,
}

impl Story {
    pub fn new() -> Self {
        let mut story = Self::default();
        for day in 4..=14 {
            story.ordinary_day(day);
        }
        story.odd_events();
        story.reconnaissance();
        story.persistence();
        story.hijack();
        story.response();
        story.insight();
        story.deliveries.sort_by_key(|delivery| delivery.seconds);
        story
    }

    /// Adds a call that has a row in the README.
    fn highlight(&mut self, what: &'static str, call: Call) {
        let mut time = String::new();
        UtcTime::of(call.seconds).push_time(&mut time);
        let outcome = call
            .error
            .map_or(String::new(), |(code, _)| format!(" → `{code}`"));
        self.highlights.push(Highlight {
            time,
            key: call.who.key.unwrap_or("none (console)"),
            call: format!("{} {}{outcome}", call.service, call.event),
            address: call.who.address,
            what,
        });
        self.add(call);
    }

    #[expect(clippy::needless_pass_by_value, reason = "a call is made to be added")]
    fn add(&mut self, call: Call) {
        self.count += 1;
        let event = event(&call, self.count);
        self.deliver_later(&call, event);
    }

    fn deliver_later(&mut self, call: &Call, event: Value) {
        self.deliveries.push(Delivery {
            seconds: call.seconds,
            account: call.who.account,
            folder: if call.global {
                "cn-hangzhou"
            } else {
                call.who.region
            },
            event,
        });
    }

    /// Whether the single-account trail is off at this time.
    fn is_silent(seconds: u64) -> bool {
        let stop = Call::new(STOLEN, STOP_LOGGING, "", "").seconds;
        let start = Call::new(ALICE, START_LOGGING, "", "").seconds;
        stop < seconds && seconds < start
    }

    fn ordinary_day(&mut self, day: u64) {
        // The CI key is switched off on the 13th.
        let ci_works = day < 13;
        for hour in [2, 8, 13, 19] {
            if ci_works {
                self.deployment(day, hour);
            }
        }
        if ci_works {
            self.nightly_build(day);
        }
        for hour in [1, 7, 12, 18, 22] {
            let key_id = "key-hzz65f0example1";
            self.add(
                Call::new(WEB, (day, hour, 4, 10 + hour), "Kms", "Decrypt")
                    .parameters(json!({"KeyId": key_id}))
                    .resource("ACS::KMS::Key", key_id),
            );
            self.add(
                Call::new(WEB, (day, hour, 4, 20 + hour), "Oss", "GetBucketInfo")
                    .address("Internal")
                    .resource("ACS::OSS::Bucket", "shop-assets-example"),
            );
        }
        for (region, disk, instance) in [
            ("cn-hangzhou", "d-bp1example0disk1", "rm-bp1example0db01"),
            ("ap-southeast-1", "d-t4nexample0disk2", "rm-t4nexample0db02"),
        ] {
            self.add(
                Call::new(BACKUP, (day, 17, 30, 5), "Ecs", "CreateSnapshot")
                    .region(region)
                    .parameters(json!({"DiskId": disk, "SnapshotName": format!("nightly-{day:02}"), "RetentionDays": 14}))
                    .response(json!({"SnapshotId": format!("s-{}{day:02}", disk.trim_start_matches("d-"))}))
                    .resource("ACS::ECS::Disk", disk)
                    .resource("ACS::ECS::Snapshot", format!("s-{}{day:02}", disk.trim_start_matches("d-"))),
            );
            self.add(
                Call::new(BACKUP, (day, 17, 31, 40), "Rds", "CreateBackup")
                    .region(region)
                    .parameters(json!({"DBInstanceId": instance, "BackupMethod": "Physical"}))
                    .resource("ACS::RDS::DBInstance", instance),
            );
        }
        for hour in [0, 11, 21] {
            for region in ["cn-hangzhou", "cn-shanghai", "ap-southeast-1"] {
                let call = Call::new(MONITOR, (day, hour, 41, 7), "Cms", "DescribeMetricList")
                    .region(region)
                    .parameters(json!({"Namespace": "acs_ecs_dashboard", "MetricName": "CPUUtilization", "Period": 60}));
                self.add(if (day + hour).is_multiple_of(9) {
                    call.error(
                        "Throttling.User",
                        "Request was denied due to user flow control.",
                    )
                } else {
                    call
                });
            }
        }
        self.add(sign_in(ALICE, (day, 1, 31, 2)));
        self.add(
            Call::new(ALICE, (day, 1, 33, 50), "Ims", "ListUsers")
                .parameters(json!({"MaxItems": 100})),
        );
        for hour in [3, 15] {
            let call = Call::new(PARTNER_APP, (day, hour, 22, 33), "Log", "GetProject");
            self.add(call.resource("ACS::LOG::Project", "partner-logs-example"));
        }
    }

    fn deployment(&mut self, day: u64, hour: u64) {
        let region = if hour == 13 {
            "cn-shanghai"
        } else {
            "cn-hangzhou"
        };
        let cluster = "c0example0cluster0a1";
        let call = |second, service, event| {
            Call::new(CI, (day, hour, 0, second), service, event).region(region)
        };
        self.add(
            call(3, "CS", "DescribeClusterDetail")
                .parameters(json!({"ClusterId": cluster}))
                .resource("ACS::CS::Cluster", cluster),
        );
        self.add(call(5, "cr", "GetAuthorizationToken"));
        self.add(
            call(9, "Ecs", "DescribeInstances")
                .parameters(json!({"PageSize": 50, "Tag.1.Key": "用途", "Tag.1.Value": "网店"})),
        );
        self.add(
            call(21, "Slb", "SetBackendServers")
                .parameters(json!({"LoadBalancerId": "lb-bp1example0lb1", "BackendServers": "[{\"ServerId\":\"i-bp1example0web1\",\"Weight\":100}]"}))
                .resource("ACS::SLB::LoadBalancer", "lb-bp1example0lb1"),
        );
    }

    fn nightly_build(&mut self, day: u64) {
        self.add(assume_role(
            CI,
            (day, 19, 20, 0),
            "nightly-build",
            "nightly",
            NIGHTLY,
        ));
        self.add(
            Call::new(NIGHTLY, (day, 19, 21, 15), "Ecs", "RunInstances")
                .parameters(json!({"ImageId": "m-bp1example0build", "InstanceType": "ecs.c7.xlarge", "Amount": 1, "stsTokenPlayerUid": SHOP, "stsTokenPrincipalName": "nightly-build/nightly"}))
                .response(json!({"InstanceIdSets": {"InstanceIdSet": [format!("i-bp1example0bld{day:02}")]}}))
                .resource("ACS::ECS::Instance", format!("i-bp1example0bld{day:02}")),
        );
        self.add(
            Call::new(NIGHTLY, (day, 19, 44, 8), "Ecs", "DeleteInstance")
                .parameters(json!({"InstanceId": format!("i-bp1example0bld{day:02}"), "Force": true, "stsTokenPlayerUid": SHOP, "stsTokenPrincipalName": "nightly-build/nightly"}))
                .resource("ACS::ECS::Instance", format!("i-bp1example0bld{day:02}")),
        );
    }

    /// Shapes that are rare in real archives.
    fn odd_events(&mut self) {
        self.add(Call::new(ROOT, (6, 6, 6, 6), "Rds", "DescribeDBInstances"));
        for day in [4, 7] {
            self.add(Call::new(OLD, (day, 5, 50, 1), "Ecs", "DescribeImages"));
        }
        let root = Caller {
            key: None,
            kind: "root-account",
            principal: SHOP,
            user: "root",
            ..ALICE
        };
        let mut call = sign_in(root, (5, 4, 0, 0));
        call.service = "AasCustomer";
        self.add(call);

        // A call by the service itself: no account, no key, no source host.
        let system = Call::new(ALICE, (8, 21, 52, 0), "Ecs", "DeleteDisk");
        self.deliver_later(
            &system,
            json!({"eventId": "92b3e8a0-0000-4be1-821f-000000000001", "eventAttributes": {"SensitiveAction": "true"}, "eventVersion": 1, "sourceIpAddress": "ecs.aliyuncs.com", "userAgent": "ecs.aliyuncs.com", "eventRW": "Write", "eventType": "AliyunServiceEvent", "referencedResources": {"ACS::ECS::Instance": ["i-bp1example0web9"], "ACS::ECS::Disk": ["d-bp1example0disk9"]}, "userIdentity": {"type": "system", "userName": "ecs.aliyuncs.com"}, "serviceName": "Ecs", "requestId": "32B70000-0000-561E-9449-000000000001", "eventTime": time(system.seconds), "isGlobal": false, "acsRegion": "cn-hangzhou", "eventName": "DeleteDisk"}),
        );

        // A console that writes every name in PascalCase, with milliseconds.
        let pascal = Call::new(
            CONSOLE,
            (9, 11, 54, 59),
            "RealtimeCompute",
            "AppendVSwitchId",
        );
        self.deliver_later(
            &pascal,
            json!({"ApiVersion": "2019-06-24", "RequestId": "83BB0000-0000-402F-8359-000000000002", "EventType": "ApiCall", "UserIdentity": {"Type": "root-account", "InvokedBy": "", "AccountId": SHOP, "UserName": "root", "PrincipalId": SHOP, "AccessKeyId": CONSOLE_SESSION, "Arn": ""}, "AcsRegion": "cn-hangzhou", "EventName": "AppendVSwitchId", "IsBlack": false, "RequestParameters": {"AcsProduct": "foasconsole-inner", "VSwitchIds": "[\\\"vsw-example1\\\",\\\"vsw-example2\\\"]"}, "EventSource": "foasconsole-share.cn-hangzhou.aliyuncs.com", "ServiceName": "RealtimeCompute", "EventTime": "2024-03-09T11:54:59.366+0000", "ReferencedResources": {}, "UserAgent": "realtime-compute.console.aliyun.com", "EventId": "83BB0000-0000-402F-8359-000000000002", "ErrorCode": "", "ErrorMessage": "", "EventVersion": "", "SourceIpAddress": "100.64.0.76"}),
        );

        // ActionTrail's own role, which writes the files.
        let trail = Caller {
            key: None,
            kind: "system",
            principal: "",
            user: "actiontrail.aliyuncs.com",
            address: "Internal",
            agent: "actiontrail.aliyuncs.com",
            ..CI
        };
        for day in [4, 10] {
            self.add(
                Call::new(trail, (day, 0, 2, 30), "Sts", "AssumeRole")
                    .event_type("ApiCall")
                    .parameters(json!({"RoleSessionName": "actiontrail"})),
            );
        }
    }

    fn reconnaissance(&mut self) {
        self.highlight(
            "the key changes hands: new address, new user agent",
            Call::new(CI, (11, 3, 17, 42), "Sts", "GetCallerIdentity").intruder(INTRUDER[0]),
        );
        let regions = [
            "cn-hangzhou",
            "cn-beijing",
            "cn-hongkong",
            "ap-southeast-1",
            "ap-northeast-1",
            "us-west-1",
            "us-east-1",
            "eu-central-1",
        ];
        for (second, region) in (0..).zip(regions) {
            let call = Call::new(CI, (11, 3, 18, 5 + 4 * second), "Ecs", "DescribeInstances")
                .intruder(INTRUDER[0])
                .region(region);
            match region {
                // The user's policy allows the two regions it deploys to.
                "cn-hangzhou" => self.add(call),
                "cn-beijing" => {
                    self.highlight("probes seven regions it may not see", call.denied());
                }
                _ => self.add(call.denied()),
            }
        }
        for (second, (service, event)) in (0..).zip([
            ("Ram", "ListRoles"),
            ("Oss", "ListBuckets"),
            ("Rds", "DescribeDBInstances"),
            ("Kms", "ListSecrets"),
            ("Ims", "ListUserBasicInfos"),
            ("Ecs", "DescribeSnapshots"),
            ("ResourceManager", "ListAccounts"),
        ]) {
            let call =
                Call::new(CI, (11, 3, 24, 2 + 6 * second), service, event).intruder(INTRUDER[0]);
            self.add(call.denied());
        }
        for (second, (service, event)) in (0..).zip([
            ("Ram", "ListUsers"),
            ("Ram", "ListPoliciesForUser"),
            ("Actiontrail", "DescribeTrails"),
        ]) {
            let call =
                Call::new(CI, (11, 3, 31, 11 + 9 * second), service, event).intruder(INTRUDER[0]);
            self.add(call.parameters(json!({"UserName": "ci-deploy"})));
        }
    }

    fn persistence(&mut self) {
        let call = |minute, second, service, event| {
            Call::new(CI, (11, 3, minute, second), service, event).intruder(INTRUDER[1])
        };
        let user = "svc-sync";
        self.highlight(
            "tries to make a user, by the wrong service",
            call(56, 30, "Ims", "CreateUser")
                .denied()
                .parameters(json!({"UserPrincipalName": "svc-sync@1098700000000001.onaliyun.com"})),
        );
        self.highlight(
            "makes a user",
            call(58, 10, "Ram", "CreateUser")
                .parameters(json!({"UserName": user, "Comments": "sync"}))
                .response(json!({"User": {"UserId": CREATED.principal, "UserName": user, "CreateDate": "2024-03-11T03:58:10Z"}}))
                .resource("ACS::RAM::User", user),
        );
        self.highlight(
            "gives it a password",
            call(58, 31, "Ram", "CreateLoginProfile")
                .parameters(
                    json!({"UserName": user, "PasswordResetRequired": false, "Password": "****"}),
                )
                .response(json!({"LoginProfile": {"UserName": user, "MFABindRequired": false}}))
                .resource("ACS::RAM::User", user),
        );
        self.highlight(
            "gives it a key, named in the response",
            call(59, 2, "Ram", "CreateAccessKey")
                .parameters(json!({"UserName": user}))
                .response(json!({"AccessKey": {"AccessKeyId": NEW_KEY, "AccessKeySecret": "****", "Status": "Active", "CreateDate": "2024-03-11T03:59:02Z"}}))
                .resource("ACS::RAM::User", user),
        );
        self.highlight(
            "makes it an administrator",
            call(59, 40, "Ram", "AttachPolicyToUser")
                .parameters(json!({"PolicyType": "System", "PolicyName": "AdministratorAccess", "UserName": user}))
                .resource("ACS::RAM::User", user)
                .resource("ACS::RAM::Policy", "AdministratorAccess"),
        );
    }

    fn hijack(&mut self) {
        self.highlight(
            "first use of the new key",
            Call::new(CREATED, (11, 4, 12, 3), "Sts", "GetCallerIdentity"),
        );
        self.add(Call::new(CREATED, (11, 4, 15, 20), "Ram", "ListRoles"));
        self.add(Call::new(
            CREATED,
            (11, 4, 16, 1),
            "Actiontrail",
            "DescribeTrails",
        ));
        self.highlight(
            "assumes a role; the session's key is in the response",
            assume_role(CREATED, (11, 4, 20, 15), "org-admin", "sync", STOLEN),
        );
        let session = json!({"stsTokenPlayerUid": SHOP, "stsTokenPrincipalName": "org-admin/sync"});
        self.highlight(
            "first use of the session, from a third address",
            Call::new(STOLEN, (11, 4, 24, 0), "Ecs", "DescribeRegions").parameters(session.clone()),
        );
        for (minute, region) in
            (26..).zip(["cn-hongkong", "us-west-1", "ap-southeast-1", "eu-central-1"])
        {
            let group = format!("sg-example0{region}");
            self.add(
                Call::new(STOLEN, (11, 4, minute, 2), "Ecs", "AuthorizeSecurityGroup")
                    .region(region)
                    .parameters(json!({"SecurityGroupId": group, "IpProtocol": "tcp", "PortRange": "1/65535", "SourceCidrIp": "0.0.0.0/0", "stsTokenPlayerUid": SHOP, "stsTokenPrincipalName": "org-admin/sync"}))
                    .resource("ACS::ECS::SecurityGroup", group),
            );
            let run = Call::new(STOLEN, (11, 4, minute, 30), "Ecs", "RunInstances")
                .region(region)
                .parameters(json!({"InstanceType": "ecs.gn7i-c32g1.8xlarge", "Amount": 8, "SpotStrategy": "SpotAsPriceGo", "UserData": "IyEvYmluL3No", "stsTokenPlayerUid": SHOP, "stsTokenPrincipalName": "org-admin/sync"}));
            if region == "eu-central-1" {
                self.add(run.error(
                    "QuotaExceed.ElasticQuota",
                    "The number of vCPUs exceeds the quota of the region.",
                ));
                continue;
            }
            let instances: Vec<String> = (1..=8)
                .map(|number| format!("i-example0{region}-{number}"))
                .collect();
            let mut run = run.response(json!({"InstanceIdSets": {"InstanceIdSet": instances}}));
            for instance in instances {
                run = run.resource("ACS::ECS::Instance", instance);
            }
            if region == "cn-hongkong" {
                self.highlight(
                    "starts GPU instances in three regions; a fourth is over quota",
                    run,
                );
            } else {
                self.add(run);
            }
        }
        self.highlight(
            "the new user signs in to the console",
            sign_in(INTRUDER_IN_CONSOLE, (11, 4, 40, 40)),
        );
        self.highlight(
            "switches the trail off; the archive is silent from here",
            Call::new(STOLEN, STOP_LOGGING, "Actiontrail", "StopLogging")
                .parameters(json!({"Name": "trail-main", "stsTokenPlayerUid": SHOP, "stsTokenPrincipalName": "org-admin/sync"}))
                .resource("ACS::ActionTrail::Trail", "trail-main"),
        );
    }

    fn response(&mut self) {
        self.highlight(
            "the owner switches the trail on again",
            Call::new(ALICE, START_LOGGING, "Actiontrail", "StartLogging")
                .agent("actiontrail.console.aliyun.com")
                .parameters(json!({"Name": "trail-main"}))
                .resource("ACS::ActionTrail::Trail", "trail-main"),
        );
        self.highlight(
            "disables the leaked key",
            Call::new(ALICE, (13, 9, 12, 44), "Ram", "UpdateAccessKey")
                .parameters(json!({"UserName": "ci-deploy", "UserAccessKeyId": CI_KEY, "Status": "Inactive"}))
                .resource("ACS::RAM::User", "ci-deploy"),
        );
        self.highlight(
            "deletes the key the intruder made",
            Call::new(ALICE, (13, 9, 13, 30), "Ram", "DeleteAccessKey")
                .parameters(json!({"UserName": "svc-sync", "UserAccessKeyId": NEW_KEY}))
                .resource("ACS::RAM::User", "svc-sync"),
        );
        self.highlight(
            "the intruder tries again",
            Call::new(CI, (13, 11, 2, 9), "Sts", "GetCallerIdentity")
                .intruder(INTRUDER[0])
                .error("Forbidden", "There is a risk of leakage of this AccessKey."),
        );
        self.highlight(
            "a forgotten deployment still uses the key",
            Call::new(CI, (13, 19, 0, 3), "CS", "DescribeClusterDetail").error(
                "InvalidAccessKeyId.Inactive",
                "Specified access key is disabled.",
            ),
        );
    }

    /// Insight events have no caller.
    fn insight(&mut self) {
        for (seconds, kind, object, id) in [
            (
                MARCH + 10 * 86_400 + 4 * 3_600,
                "AkInsight",
                CI_KEY,
                "AAAA0000-0000-4066-BA14-000000000001",
            ),
            (
                MARCH + 10 * 86_400 + 4 * 3_600 + 60,
                "IpInsight",
                INTRUDER[0],
                "AAAA0000-0000-4066-BA14-000000000002",
            ),
        ] {
            self.insights.push(Delivery {
                seconds,
                account: SHOP,
                folder: "cn-hangzhou",
                event: json!({"eventId": id, "eventCategory": "Insight", "sharedEventId": id.replace("AAAA", "BBBB"), "eventVersion": "1", "eventType": "ActionTrailInsight", "eventTime": time(seconds), "acsRegion": "cn-hangzhou", "recipientAccountId": SHOP, "insightDetails": {"state": "Start", "insightType": kind, "insightObject": object, "insightContext": {"attributions": [{"attribute": "userAgent", "insight": [{"value": INTRUDER_AGENT, "average": 3}]}], "statistics": {"insight": 6.2, "insightDuration": 5, "baseline": 0.4, "baselineDuration": 10080, "insightCount": 31}}}}),
            });
        }
    }

    /// Writes the files of both trails.
    pub fn deliver(&self, archive: &Path) -> Result<Delivered, Box<dyn Error>> {
        let mut delivered = Delivered::default();
        let single: Vec<&Delivery> = self
            .deliveries
            .iter()
            .filter(|delivery| delivery.account == SHOP && !Self::is_silent(delivery.seconds))
            .collect();
        let root = archive.join("single");
        let prefix = "audit/trail-main";
        let (files, events) = deliver(&root, prefix, "Actiontrail", false, &single)?;
        let insights: Vec<&Delivery> = self.insights.iter().collect();
        let (insight_files, insight_events) =
            deliver(&root, prefix, "Actiontrail-Insight", false, &insights)?;
        delivered.single_files = files + insight_files;
        delivered.single_events = events + insight_events;

        // The multi-account trail has the shop from the 10th until the intruder stops it.
        let multi: Vec<&Delivery> = self
            .deliveries
            .iter()
            .filter(|delivery| {
                delivery.account == PARTNER
                    || (MARCH + 9 * 86_400..MARCH + 11 * 86_400).contains(&delivery.seconds)
                        && !Self::is_silent(delivery.seconds)
            })
            .collect();
        delivered.repeated = multi
            .iter()
            .filter(|delivery| delivery.account == SHOP)
            .count() as u64;
        (delivered.multi_files, delivered.multi_events) =
            deliver(&archive.join("multi"), "", "Actiontrail", true, &multi)?;
        Ok(delivered)
    }
}

/// When the intruder switches the trail off.
const STOP_LOGGING: (u64, u64, u64, u64) = (11, 4, 47, 9);
/// When the owner switches it on again.
const START_LOGGING: (u64, u64, u64, u64) = (13, 9, 5, 0);

fn time(seconds: u64) -> String {
    let mut text = String::new();
    UtcTime::of(seconds).push_time(&mut text);
    text
}

fn sign_in(who: Caller, when: (u64, u64, u64, u64)) -> Call {
    Call::new(who, when, "AasSub", "ConsoleSignin")
        .event_type("ConsoleSignin")
        .agent("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36")
}

fn assume_role(
    who: Caller,
    when: (u64, u64, u64, u64),
    role: &'static str,
    session: &'static str,
    assumed: Caller,
) -> Call {
    let key = assumed.key.unwrap_or_default();
    let call = Call::new(who, when, "Sts", "AssumeRole");
    let expiration = time(call.seconds + 3_600);
    call.parameters(json!({"RoleArn": format!("acs:ram::{SHOP}:role/{role}"), "RoleSessionName": session, "DurationSeconds": 3600}))
        .response(json!({
            "AssumedRoleUser": {"Arn": format!("acs:ram::{SHOP}:role/{role}/{session}"), "AssumedRoleId": assumed.principal},
            "Credentials": {"AccessKeyId": key, "AccessKeySecret": "****", "SecurityToken": "****", "Expiration": expiration},
        }))
        .resource("ACS::RAM::AccessKey", key)
}

/// The event as JSON, with its fields in one of three orders.
fn event(call: &Call, number: u64) -> Value {
    let mut rng = Rng::new(&[2024, number]);
    let mut id = String::new();
    if matches!(call.service, "Oss" | "Log") {
        push_hex(&mut id, rng.draw(), 16);
        push_hex(&mut id, rng.draw(), 8);
    } else {
        push_uuid(&mut id, &mut rng);
    }
    let who = &call.who;
    let host = match call.event_type {
        "ConsoleSignin" => "signin.aliyun.com".to_owned(),
        _ => format!(
            "{}.{}.aliyuncs.com",
            call.service.to_lowercase(),
            who.region
        ),
    };
    let mut fields = vec![
        ("eventId", json!(id)),
        (
            "eventVersion",
            if number.is_multiple_of(2) {
                json!("1")
            } else {
                json!(1)
            },
        ),
        ("eventSource", json!(host)),
        ("sourceIpAddress", json!(who.address)),
        ("userAgent", json!(who.agent)),
        ("eventRW", json!(if call.write { "Write" } else { "Read" })),
        ("eventType", json!(call.event_type)),
        ("userIdentity", identity(call)),
        ("serviceName", json!(call.service)),
        ("requestId", json!(id)),
        ("eventTime", json!(time(call.seconds))),
        ("isGlobal", json!(call.global)),
        ("acsRegion", json!(who.region)),
        ("eventName", json!(call.event)),
        ("recipientAccountId", json!(who.account)),
    ];
    push_request(&mut fields, call, number, &id, &host);
    if let Value::Object(own) = &call.response {
        let mut response = own.clone();
        response.insert("RequestId".to_owned(), json!(id));
        fields.push(("responseElements", Value::Object(response)));
    }
    push_resources(&mut fields, call, number);
    match call.error {
        Some((code, message)) => {
            fields.push(("errorCode", json!(code)));
            fields.push(("errorMessage", json!(message)));
        }
        None if number.is_multiple_of(4) => {
            fields.push(("errorCode", json!("")));
            fields.push(("errorMessage", json!("")));
        }
        None => {}
    }
    if number.is_multiple_of(3) {
        fields.push(("eventCategory", json!("Management")));
    }
    if call.who.address.starts_with("10.") {
        fields.push(("vpcId", json!("vpc-bp1example0vpc1")));
    }
    match number % 3 {
        0 => {}
        1 => fields.reverse(),
        _ => fields.rotate_left(7),
    }
    Value::Object(
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// Adds the request parameters, as an object and in some events as text too.
fn push_request(fields: &mut Vec<(&str, Value)>, call: &Call, number: u64, id: &str, host: &str) {
    let who = &call.who;
    if call.event_type == "ConsoleSignin" {
        fields.push((
            "additionalEventData",
            json!({"callbackUrl": "https://home.console.aliyun.com/", "mfaChecked": "false"}),
        ));
    } else {
        let mut parameters = Map::new();
        parameters.insert("AcsHost".to_owned(), json!(host));
        parameters.insert("RequestId".to_owned(), json!(id));
        parameters.insert("RegionId".to_owned(), json!(who.region));
        if let Value::Object(own) = &call.parameters {
            parameters.extend(own.clone());
        }
        if number.is_multiple_of(5) {
            let text = Value::Object(parameters.clone()).to_string();
            fields.push(("requestParameterJson", json!(text)));
        }
        fields.push(("requestParameters", Value::Object(parameters)));
        fields.push((
            "apiVersion",
            json!(if who.key.is_some() { "2014-05-26" } else { "*" }),
        ));
        fields.push((
            "additionalEventData",
            json!({"Scheme": "https", "CallerBid": "26842"}),
        ));
    }
}

/// Adds the resources in either form, or in both.
fn push_resources(fields: &mut Vec<(&str, Value)>, call: &Call, number: u64) {
    if call.resources.is_empty() {
        return;
    }
    // Sts events always name the new key here.
    if number % 3 != 1 || call.service == "Sts" {
        let mut referenced = Map::new();
        for (kind, name) in &call.resources {
            if let Value::Array(names) = referenced.entry(*kind).or_insert_with(|| json!([])) {
                names.push(json!(name));
            }
        }
        fields.push(("referencedResources", Value::Object(referenced)));
    }
    if !number.is_multiple_of(3) {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for (kind, name) in &call.resources {
            match groups.iter_mut().find(|group| group.0 == *kind) {
                Some(group) => group.1.push(name),
                None => groups.push((kind, vec![name])),
            }
        }
        let kinds: Vec<&str> = groups.iter().map(|group| group.0).collect();
        let names: Vec<String> = groups.iter().map(|group| group.1.join(",")).collect();
        fields.push(("resourceType", json!(kinds.join(";"))));
        fields.push(("resourceName", json!(names.join(";"))));
    }
}

fn identity(call: &Call) -> Value {
    let who = &call.who;
    let mut identity = Map::new();
    if let Some(key) = who.key {
        identity.insert("accessKeyId".to_owned(), json!(key));
    }
    let temporary = who.kind == "assumed-role";
    if temporary || call.event_type == "ConsoleOperation" {
        let created = time(call.seconds / 3_600 * 3_600);
        identity.insert(
            "sessionContext".to_owned(),
            json!({"attributes": {"mfaAuthenticated": "false", "creationDate": created}}),
        );
    }
    if who.kind != "system" {
        identity.insert("accountId".to_owned(), json!(who.account));
        identity.insert("principalId".to_owned(), json!(who.principal));
    }
    identity.insert("type".to_owned(), json!(who.kind));
    identity.insert("userName".to_owned(), json!(who.user));
    Value::Object(identity)
}

/// Writes one file for each account, region and five minutes. Returns the number of files and events.
fn deliver(
    root: &Path,
    prefix: &str,
    event_type: &str,
    multi: bool,
    deliveries: &[&Delivery],
) -> Result<(u64, u64), Box<dyn Error>> {
    let mut groups: BTreeMap<(&str, &str, u64), Vec<&Delivery>> = BTreeMap::new();
    for delivery in deliveries {
        let window = delivery.seconds / 300;
        groups
            .entry((delivery.account, delivery.folder, window))
            .or_default()
            .push(delivery);
    }
    let (mut files, mut count) = (0, 0);
    for ((account, region, _), mut group) in groups {
        let last = group.last().map_or(0, |delivery| delivery.seconds);
        if multi {
            // The other order makes files of the same events differ, unless they hold only one.
            group.reverse();
        }
        let texts: Vec<String> = group
            .iter()
            .map(|delivery| delivery.event.to_string())
            .collect();
        let bytes = gzip(format!("[{}]", texts.join(",")).as_bytes())?;
        let place = ObjectPlace {
            prefix,
            event_type,
            member: multi.then_some((RESOURCE_DIRECTORY, account)),
            region,
            epoch_seconds: last + 1,
        };
        let events = group.len() as u64;
        write(
            &root.join(place.path(events, bytes.len() as u64, Md5::new_with_prefix(&bytes))),
            &bytes,
        )?;
        files += 1;
        count += events;
    }
    Ok((files, count))
}

//! Builders for archives: events as JSON, files sound and damaged, temporary folders.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::program::HUNG;

/// A folder of log files in a temporary place.
pub struct Archive {
    dir: TempDir,
}

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("archive")
            .tempdir()
            .expect("a temporary folder");
        std::fs::create_dir(dir.path().join("logs")).expect("the root of the archive");
        Self { dir }
    }

    /// An archive of one sound file, `a.gz`, that holds these events.
    pub fn of(events: &[Value]) -> Self {
        Self::new().gz("a.gz", array(events))
    }

    /// The folder to be read.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("logs")
    }

    /// A place beside the folder to be read, for output files.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The path of a file inside the folder to be read.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root().join(name)
    }

    /// Adds a file with exactly these bytes.
    pub fn file(self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("inside the archive"))
            .expect("the folders of a file");
        std::fs::write(path, bytes).expect("a file of the archive");
        self
    }

    /// Adds a sound gzip file that holds this text.
    pub fn gz(self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> Self {
        self.file(name, gzip(text))
    }

    /// Adds a named pipe.
    pub fn fifo(self, name: &str) -> Self {
        let status = Command::new("mkfifo")
            .arg(self.path(name))
            .status()
            .expect("mkfifo");
        assert!(status.success(), "mkfifo made no pipe");
        self
    }

    /// Adds a symbolic link.
    #[cfg(unix)]
    pub fn link(self, name: &str, target: impl AsRef<Path>) -> Self {
        std::os::unix::fs::symlink(target, self.path(name)).expect("a symbolic link");
        self
    }
}

/// Two keys, three services, one error, one copy: every command has rows.
pub fn small_archive() -> Archive {
    let alice = |time, service, name| event("LTAI5tAlice", time, service, name);
    let events = [
        alice("2024-03-05T09:21:32Z", "Ecs", "DescribeInstances"),
        alice("2024-03-05T09:21:33.250Z", "Ecs", "RunInstances"),
        with(
            alice("2024-03-05T09:21:34Z", "Oss", "GetObject"),
            json!({"errorCode": "AccessDenied", "eventCategory": "Data", "resourceName": "b", "resourceType": "T"}),
        ),
        event("STS.NUbob", "2024-03-06T00:00:00Z", "Ram", "ListUsers"),
    ];
    Archive::of(&events).gz("copy.gz", array(&events[..1]))
}

/// The same with a file that has a wrong checksum.
pub fn damaged_archive() -> Archive {
    small_archive().file("damaged.gz", gzip_with_wrong_checksum("[]"))
}

/// An archive without compression, so that the sizes shown do not depend on a compressor.
pub fn plain_archive() -> Archive {
    let alice = |time, service, name| event("LTAI5tAlice", time, service, name);
    let events = [
        alice("2024-03-05T09:21:32Z", "Ecs", "DescribeInstances"),
        with(
            alice("2024-03-05T09:21:34.5Z", "Oss", "GetObject"),
            json!({"errorCode": "AccessDenied"}),
        ),
        event("STS.NUbob", "2024-03-06T00:00:00Z", "Ram", "ListUsers"),
    ];
    let cut = array(&events[..1]).replace("}]", "},{");
    Archive::new()
        .file("a.json", array(&events))
        .file("cut.json", cut)
        .file("notes.txt", "")
}

/// A named pipe to write to, as soon as somebody reads from it.
pub fn read_pipe(path: &Path) -> File {
    let (sender, receiver) = mpsc::channel();
    let path = path.to_owned();
    std::thread::spawn(move || sender.send(File::create(path)));
    let pipe = receiver.recv_timeout(HUNG).expect("a reader");
    pipe.expect("a pipe")
}

/// The names of what a folder holds, sorted.
pub fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// One event of a key, with every field that an answer shows.
pub fn event(key: &str, time: &str, service: &str, name: &str) -> Value {
    json!({
        "eventId": format!("{time}/{service}/{name}"),
        "eventVersion": "1",
        "eventTime": time,
        "eventName": name,
        "eventSource": "ecs.aliyuncs.com",
        "eventType": "ApiCall",
        "eventCategory": "Management",
        "apiVersion": "2014-05-26",
        "serviceName": service,
        "acsRegion": "cn-hangzhou",
        "sourceIpAddress": "198.51.100.7",
        "userAgent": "sdk",
        "requestId": format!("request of {time}"),
        "isGlobal": false,
        "userIdentity": {
            "type": "ram-user",
            "principalId": "20155375134015",
            "accountId": "1663676968110001",
            "accessKeyId": key,
            "userName": "alice",
        },
    })
}

/// The same event with other fields; `null` takes a field away.
pub fn with(mut event: Value, fields: Value) -> Value {
    let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) else {
        panic!("an event is an object, and so are the fields");
    };
    for (name, value) in fields {
        if value.is_null() {
            event.shift_remove(&name);
        } else {
            event.insert(name, value);
        }
    }
    Value::Object(event.clone())
}

/// An event that differs from others in its key alone.
pub fn call_of(key: &str) -> Value {
    event(key, "2024-03-05T09:21:32Z", "Ecs", "DescribeInstances")
}

/// The text of a delivered file: one array in one line.
pub fn array(events: &[Value]) -> String {
    Value::Array(events.to_vec()).to_string()
}

/// One sound gzip member.
pub fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    gzip_at(6, text)
}

/// One sound gzip member, compressed at this level; level 0 stores the text as it is.
pub fn gzip_at(level: u32, text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder
        .write_all(text.as_ref())
        .expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}

/// A gzip member whose checksum does not fit its text.
pub fn gzip_with_wrong_checksum(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = gzip(text);
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 0xff;
    bytes
}

/// A stored gzip member that ends where `kept` of its text has been written.
///
/// The text lies in it byte for byte, so that every inflater gives the same text before the fault.
pub fn gzip_cut_after(text: &str, kept: usize) -> Vec<u8> {
    let bytes = gzip_at(0, text);
    let start = bytes
        .windows(text.len())
        .position(|window| window == text.as_bytes())
        .expect("a stored text");
    bytes[..start + kept].to_vec()
}

/// One sound gzip member of `repeats` times the same piece of text between `before` and `after`.
///
/// Each part is compressed once and ends in a full flush, after which nothing refers back. So the parts can be
/// repeated, and a text of any length is made in no time.
pub fn gzip_of_repeats(before: &str, piece: &[u8], repeats: usize, after: &str) -> Vec<u8> {
    let part = |text: &[u8]| {
        let mut bytes = Vec::with_capacity(text.len() + 1024);
        let mut compress = Compress::new(Compression::new(6), false);
        compress
            .compress_vec(text, &mut bytes, FlushCompress::Full)
            .expect("sound parameters");
        assert_eq!(
            compress.total_in(),
            text.len() as u64,
            "the buffer was too small"
        );
        let mut checksum = Crc::new();
        checksum.update(text);
        (bytes, checksum)
    };
    let (piece, piece_checksum) = part(piece);
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut checksum = Crc::new();
    let mut add = |part: &[u8], part_checksum: &Crc| {
        bytes.extend(part);
        checksum.combine(part_checksum);
    };
    let (before, before_checksum) = part(before.as_bytes());
    add(&before, &before_checksum);
    for _ in 0..repeats {
        add(&piece, &piece_checksum);
    }
    let (after, after_checksum) = part(after.as_bytes());
    add(&after, &after_checksum);
    // A last block that is empty, the checksum, and the length modulo 2^32.
    bytes.extend([3, 0]);
    bytes.extend(checksum.sum().to_le_bytes());
    bytes.extend(checksum.amount().to_le_bytes());
    bytes
}

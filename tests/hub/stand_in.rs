//! A hub on this machine: it speaks as much of the Hugging Face hub's protocol as downloads use, and misbehaves on
//! request. Large files lie on a second host, as the hub's do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// The commit of every model.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// How the hub differs from one that works.
#[derive(Clone, Default)]
pub(crate) struct Quirks {
    /// So many times, the connection breaks after so many bytes of the weights.
    pub(crate) breaks: Vec<usize>,
    /// Other bytes than announced come as the weights.
    pub(crate) corrupt: bool,
    /// Files are always sent from the start.
    pub(crate) no_ranges: bool,
    /// The list of files tells no sizes.
    pub(crate) bare_list: bool,
    /// Only who shows this token is served.
    pub(crate) token: Option<String>,
    /// A pause after every 4096 bytes of the weights.
    pub(crate) pace: Duration,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
}

/// The hub and the other host. Both end with the test.
pub(crate) struct StandIn {
    pub(crate) endpoint: String,
    pub(crate) quirks: Arc<Mutex<Quirks>>,
    hub: Arc<Mutex<Vec<Request>>>,
    storage: Arc<Mutex<Vec<Request>>>,
}

type Files = Arc<BTreeMap<String, Vec<u8>>>;

/// What answers need to know.
#[derive(Clone)]
struct Shop {
    files: Files,
    quirks: Arc<Mutex<Quirks>>,
    storage: String,
}

/// The files of one of the tiny models of the tests.
pub(crate) fn tiny(model: &str) -> BTreeMap<String, Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/transformers")
        .join(model);
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

impl StandIn {
    /// Opens a hub whose every model has these files.
    pub(crate) fn open(files: BTreeMap<String, Vec<u8>>) -> Self {
        let [hub, storage] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let shop = Shop {
            files: Arc::new(files),
            quirks: Arc::default(),
            storage: format!("http://{}", storage.local_addr().unwrap()),
        };
        let endpoint = format!("http://{}", hub.local_addr().unwrap());
        let quirks = Arc::clone(&shop.quirks);
        let logs = [(); 2].map(|()| Arc::default());
        serve(hub, shop.clone(), Arc::clone(&logs[0]), Shop::answer);
        serve(storage, shop, Arc::clone(&logs[1]), Shop::hand_out);
        let [hub, storage] = logs;
        Self {
            endpoint,
            quirks,
            hub,
            storage,
        }
    }

    /// Changes how it behaves.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.quirks.lock().unwrap());
    }

    /// What was asked of the hub itself.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.hub.lock().unwrap().clone()
    }

    /// What was asked of the host of large files.
    pub(crate) fn stored(&self) -> Vec<Request> {
        self.storage.lock().unwrap().clone()
    }
}

type Answer = fn(&Shop, &Request, &mut TcpStream) -> std::io::Result<()>;

fn serve(listener: TcpListener, shop: Shop, log: Arc<Mutex<Vec<Request>>>, answer: Answer) {
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (shop, log) = (shop.clone(), Arc::clone(&log));
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                if let Some(request) = read(&stream) {
                    log.lock().unwrap().push(request.clone());
                    // Who asked may be gone.
                    let _ = answer(&shop, &request, &mut stream);
                }
            });
        }
    });
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    Some(Request { method, path, headers })
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

/// Git's name of a small file; any 40 digits do.
fn git_id(bytes: &[u8]) -> String {
    sha256(bytes)[..40].to_owned()
}

fn is_large(name: &str) -> bool {
    name.ends_with(".safetensors") || name.ends_with("pytorch_model.bin")
}

fn reply(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in headers {
        _ = write!(head, "{name}: {value}\r\n");
    }
    if !headers.iter().any(|(name, _)| *name == "Content-Length") {
        _ = write!(head, "Content-Length: {}\r\n", body.len());
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(body)
}

impl Shop {
    /// What the hub says.
    fn answer(&self, request: &Request, stream: &mut TcpStream) -> std::io::Result<()> {
        let quirks = self.quirks.lock().unwrap().clone();
        let shown = request.headers.get("authorization");
        if quirks
            .token
            .is_some_and(|token| shown != Some(&format!("Bearer {token}")))
        {
            return reply(stream, "401 Unauthorized", &[("X-Error-Code", "GatedRepo")], b"");
        }
        let path = request.path.split('?').next().unwrap();
        let parts: Vec<&str> = path.trim_start_matches('/').splitn(5, '/').collect();
        match parts[..] {
            ["api", "models", "owner", "moved", _] | ["owner", "moved", ..] => {
                let to = request.path.replace("owner/moved", "owner/tiny");
                reply(stream, "307 Temporary Redirect", &[("Location", &to)], b"")
            }
            ["api", "models", "owner", "tiny", revision] if known(revision.trim_start_matches("revision/")) => {
                reply(stream, "200 OK", &[], self.list(quirks.bare_list).as_bytes())
            }
            ["api", "models", "owner", "tiny", _] => {
                reply(stream, "404 Not Found", &[("X-Error-Code", "RevisionNotFound")], b"")
            }
            ["owner", "tiny", "resolve", COMMIT, name] | ["api", "resolve-cache", "tiny", name] => {
                self.resolve(name, request, stream)
            }
            _ => reply(stream, "401 Unauthorized", &[("X-Error-Code", "RepoNotFound")], b""),
        }
    }

    fn list(&self, bare: bool) -> String {
        let siblings = self.files.iter().map(|(name, content)| {
            let mut file = serde_json::json!({ "rfilename": name });
            if !bare {
                file["size"] = content.len().into();
                file["blobId"] = git_id(content).into();
            }
            if !bare && is_large(name) {
                file["lfs"] = serde_json::json!({ "sha256": sha256(content), "size": content.len() });
            }
            file
        });
        let siblings: Vec<_> = siblings.collect();
        serde_json::json!({ "id": "owner/tiny", "sha": COMMIT, "siblings": siblings }).to_string()
    }

    /// Sends small files, and sends away who asks for large ones.
    fn resolve(&self, name: &str, request: &Request, stream: &mut TcpStream) -> std::io::Result<()> {
        let Some(content) = self.files.get(name) else {
            return reply(stream, "404 Not Found", &[("X-Error-Code", "EntryNotFound")], b"");
        };
        if is_large(name) {
            let (etag, size) = (format!("\"{}\"", sha256(content)), content.len().to_string());
            let headers = [
                ("Location", &*format!("{}/{name}", self.storage)),
                ("X-Repo-Commit", COMMIT),
                ("X-Linked-Etag", &etag),
                ("X-Linked-Size", &size),
            ];
            return reply(stream, "302 Found", &headers, b"");
        }
        if name == "tokenizer.json" && request.path.starts_with("/owner") {
            let to = format!("/api/resolve-cache/tiny/{name}");
            return reply(stream, "307 Temporary Redirect", &[("Location", &to)], b"");
        }
        let (etag, size) = (format!("W/\"{}\"", git_id(content)), content.len().to_string());
        let headers = [("ETag", &*etag), ("X-Repo-Commit", COMMIT), ("Content-Length", &size)];
        let body = if request.method == "HEAD" { b"" } else { &content[..] };
        reply(stream, "200 OK", &headers, body)
    }

    /// Hands large files out.
    fn hand_out(&self, request: &Request, stream: &mut TcpStream) -> std::io::Result<()> {
        let (broken, quirks) = {
            let mut quirks = self.quirks.lock().unwrap();
            let broken = if quirks.breaks.is_empty() {
                None
            } else {
                Some(quirks.breaks.remove(0))
            };
            (broken, quirks.clone())
        };
        let mut content = self.files[request.path.trim_start_matches('/')].clone();
        if quirks.corrupt {
            let middle = content.len() / 2;
            content[middle] ^= 1;
        }
        let size = content.len();
        let range = request.headers.get("range").filter(|_| !quirks.no_ranges);
        let start: usize = range.map_or(0, |range| {
            range
                .trim_start_matches("bytes=")
                .trim_end_matches('-')
                .parse()
                .unwrap()
        });
        let length = (size - start).to_string();
        let place = format!("bytes {start}-{}/{size}", size - 1);
        let headers = [("Content-Length", &*length), ("Content-Range", &place)];
        match start {
            0 => reply(stream, "200 OK", &headers[..1], b"")?,
            _ => reply(stream, "206 Partial Content", &headers, b"")?,
        }
        if request.method == "HEAD" {
            return Ok(());
        }
        let end = broken.map_or(size, |bytes| size.min(start + bytes));
        for chunk in content[start..end].chunks(4096) {
            stream.write_all(chunk)?;
            thread::sleep(quirks.pace);
        }
        Ok(())
    }
}

fn known(revision: &str) -> bool {
    ["main", "v1", COMMIT, "refs%2Fpr%2F7"].contains(&revision)
}

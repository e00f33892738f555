//! Static files: the site folder that the build made.
//!
//! Files below `/pkg/` whose name holds a hash never change and may be kept for ever; all others are
//! asked for again each time. Pre-compressed twins (`.br`, `.gz`) are sent to who takes them.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// Below this path lie the files that the build names.
const PACKAGE: &str = "/pkg/";
/// The build's list of hashes.
const HASHES: &str = "hash.txt";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The site folder, if there is one.
#[derive(Debug, Clone)]
pub struct Site {
    root: PathBuf,
}

impl Site {
    /// The folder that was `named`, or the first of the usual places: `site` beside the program or one
    /// folder up (`target/site` of a build), `LEPTOS_SITE_ROOT`, `target/site` here.
    #[must_use]
    pub fn find(named: Option<&Path>) -> Self {
        if let Some(root) = named {
            return Self { root: root.to_owned() };
        }
        let program = std::env::current_exe().ok();
        let beside = program.as_deref().and_then(Path::parent);
        let usual = [
            beside.map(|folder| folder.join("site")),
            beside.and_then(Path::parent).map(|folder| folder.join("site")),
            std::env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from),
        ];
        let fallback = PathBuf::from("target/site");
        Self { root: usual.into_iter().flatten().find(|folder| folder.is_dir()).unwrap_or(fallback) }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The list of hashes in the names of the site's files: the one in the site, which `scripts/build` puts
    /// there so that program and site may lie apart, or the one a build writes beside the program; whichever
    /// speaks of files that are there. `None` when names carry no hash.
    #[must_use]
    pub fn hashes(&self) -> Option<PathBuf> {
        let beside = std::env::current_exe().ok().map(|program| program.with_file_name(HASHES));
        let lists = [Some(self.root.join(HASHES)), beside].into_iter().flatten();
        lists.filter_map(|list| std::path::absolute(list).ok()).find(|list| self.has_script_of(list))
    }

    /// Whether the script that `list` names is in this site.
    fn has_script_of(&self, list: &Path) -> bool {
        let Ok(list) = std::fs::read_to_string(list) else { return false };
        let hash = list.lines().find_map(|line| line.strip_prefix("js:"));
        hash.is_some_and(|hash| self.root.join(format!("pkg/swarmscope.{}.js", hash.trim())).is_file())
    }

    /// Whether the folder is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.root.is_dir()
    }

    /// The file that `uri` names; `None` when there is none.
    pub async fn file(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
        if !matches!(*method, Method::GET | Method::HEAD) || uri.path().ends_with('/') {
            return None;
        }
        let mut asked = Request::new(Body::empty());
        *asked.method_mut() = method.clone();
        *asked.uri_mut() = uri.clone();
        *asked.headers_mut() = headers.clone();
        let folder =
            ServeDir::new(&self.root).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
        let mut response = match folder.oneshot(asked).await {
            Ok(response) => response.into_response(),
            Err(never) => match never {},
        };
        if response.status() == StatusCode::NOT_FOUND {
            return None;
        }
        let caching = if is_hashed(uri.path()) { FOR_EVER } else { ASK_AGAIN };
        response.headers_mut().insert(header::CACHE_CONTROL, caching);
        Some(response)
    }
}

/// `/pkg/swarmscope.Ab3….wasm`: a name, a hash, an extension.
fn is_hashed(path: &str) -> bool {
    let Some(name) = path.strip_prefix(PACKAGE) else { return false };
    let parts: Vec<&str> = name.split('.').collect();
    matches!(parts[..], [_, hash, _] if hash.len() >= 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(site: &Site, path: &str, accept: &'static str) -> Option<(StatusCode, String, String, Vec<u8>)> {
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
        let response = site.file(&Method::GET, &path.parse().expect("a path"), &headers).await?;
        let status = response.status();
        let header = |name| response.headers().get(name).map_or("", |value| value.to_str().expect("text")).to_owned();
        let (encoding, caching) = (header(header::CONTENT_ENCODING), header(header::CACHE_CONTROL));
        let body = axum::body::to_bytes(response.into_body(), 1000).await.expect("a body");
        Some((status, encoding, caching, body.to_vec()))
    }

    #[tokio::test]
    async fn hashed_files_are_kept_for_ever_and_sent_compressed_to_who_takes_it() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("pkg")).expect("made");
        for (name, text) in
            [("pkg/s.0123456789.js", "plain"), ("pkg/s.0123456789.js.br", "small"), ("favicon.svg", "<svg/>")]
        {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        std::fs::write(folder.path().parent().expect("a parent").join("outside.txt"), "secret").expect("written");
        let site = Site::find(Some(folder.path()));
        let for_ever = "public, max-age=31536000, immutable".to_owned();
        assert_eq!(
            get(&site, "/pkg/s.0123456789.js", "br, gzip").await,
            Some((StatusCode::OK, "br".into(), for_ever.clone(), b"small".to_vec()))
        );
        assert_eq!(
            get(&site, "/pkg/s.0123456789.js", "identity").await,
            Some((StatusCode::OK, String::new(), for_ever, b"plain".to_vec()))
        );
        assert_eq!(get(&site, "/favicon.svg", "").await.map(|(_, _, caching, _)| caching), Some("no-cache".into()));
        for absent in ["/", "/pkg", "/pkg/", "/nothing.js", "/../outside.txt", "/%2e%2e/outside.txt"] {
            let found = get(&site, absent, "").await;
            assert!(found.as_ref().is_none_or(|(status, ..)| !status.is_success()), "{absent}: {found:?}");
        }
    }

    #[test]
    fn the_list_of_hashes_is_the_one_that_speaks_of_this_sites_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let site = Site::find(Some(folder.path()));
        assert_eq!(site.hashes(), None, "no list");
        let list = folder.path().join("hash.txt");
        std::fs::write(&list, "js: 0123456789\nwasm: 9876543210\n").expect("written");
        std::fs::create_dir(folder.path().join("pkg")).expect("made");
        std::fs::write(folder.path().join("pkg/swarmscope.another0000.js"), "").expect("written");
        assert_eq!(site.hashes(), None, "a list of another build");
        std::fs::write(folder.path().join("pkg/swarmscope.0123456789.js"), "").expect("written");
        assert_eq!(site.hashes(), Some(list));
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_hashed("/pkg/swarmscope.aB3dE6gH9.wasm"));
        assert!(!is_hashed("/pkg/swarmscope.wasm"));
        assert!(!is_hashed("/favicon.svg"));
        assert!(!is_hashed("/swarmscope.aB3dE6gH9.wasm"));
    }
}

//! Every route for every role, in one table (architecture.md, invariant 9). The image is quarantined; what a state
//! changes is in `gate.rs`. Columns of the table: the roles in the order of `Role::ALL`. A body is left out where one is wanted, so 400 means: allowed, had there been one.

use std::fmt::Write as _;

use lazaret_model::Role;
use reqwest::Method;

use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn routes_by_roles() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    let image = server.push_image(&ci, "app", Some("v1"), b"layer").await;
    let (digest, layer, api) = (&image.digest, &image.layer, "/api/v1/repositories/app");
    let routes = [
        (Method::GET, "/v2/".to_owned()),
        (Method::GET, "/v2/_catalog".to_owned()),
        (Method::GET, "/v2/app/tags/list".to_owned()),
        (Method::GET, "/v2/app/manifests/v1".to_owned()),
        (Method::HEAD, format!("/v2/app/manifests/{digest}")),
        (Method::PUT, "/v2/app/manifests/v1".to_owned()),
        (Method::DELETE, "/v2/app/manifests/absent".to_owned()),
        (Method::GET, format!("/v2/app/blobs/{layer}")),
        (Method::HEAD, format!("/v2/app/blobs/{layer}")),
        (Method::DELETE, format!("/v2/app/blobs/{digest}")),
        (Method::POST, "/v2/app/blobs/uploads/".to_owned()),
        (Method::GET, "/v2/app/blobs/uploads/absent".to_owned()),
        (Method::PATCH, "/v2/app/blobs/uploads/absent".to_owned()),
        (Method::PUT, format!("/v2/app/blobs/uploads/absent?digest={layer}")),
        (Method::DELETE, "/v2/app/blobs/uploads/absent".to_owned()),
        (Method::GET, format!("/v2/app/referrers/{digest}")),
        (Method::GET, "/api/v1/whoami".to_owned()),
        (Method::GET, "/api/v1/repositories".to_owned()),
        (Method::GET, api.to_owned()),
        (Method::PUT, format!("{api}/policy")),
        (Method::GET, format!("{api}/tags")),
        (Method::GET, format!("{api}/images")),
        (Method::GET, format!("{api}/images/{digest}")),
        (Method::GET, format!("{api}/images/{digest}/findings")),
        (Method::GET, format!("{api}/images/{digest}/history")),
        (Method::GET, format!("{api}/images/{digest}/decisions/{digest}")),
        (Method::GET, format!("/api/v1/decisions/{digest}")),
        (Method::GET, "/api/v1/signing-keys".to_owned()),
        (Method::GET, "/api/v1/principals".to_owned()),
        (Method::POST, "/api/v1/principals".to_owned()),
        (Method::POST, "/api/v1/principals/absent/grant".to_owned()),
        (Method::POST, "/api/v1/principals/absent/revoke".to_owned()),
        (Method::POST, "/api/v1/principals/absent/disable".to_owned()),
        (Method::POST, "/api/v1/principals/absent/rotate".to_owned()),
    ];
    let whos: Vec<_> = Role::ALL.iter().map(|role| server.principal(*role, "*")).collect();
    let mut table = String::new();
    for (method, path) in routes {
        for who in &whos {
            let _ = write!(table, "{} ", server.status(who, method.clone(), &path).await);
        }
        let nobody = server.http.request(method.clone(), server.url(&path)).send().await.unwrap();
        assert_eq!(nobody.status(), 401, "{path}");
        let stranger = server.principal(Role::Owner, "elsewhere");
        let refused = server.status(&stranger, method.clone(), &path).await;
        assert!(refused == 403 || !path.contains("app"), "{path}: {refused}");
        let named = path.replace(&digest.to_string(), "IMAGE").replace(&layer.to_string(), "LAYER");
        let _ = writeln!(table, "{method} {named}");
    }
    assert_eq!(table, include_str!("../../testdata/permissions.txt"), "\n{table}");
}

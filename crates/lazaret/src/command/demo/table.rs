//! What the demonstration prints for people.

use std::path::Path;

use lazaret_store::NewPrincipal;

use super::Row;

pub(super) fn table(rows: &[Row]) -> String {
    let mut table = comfy_table::Table::new();
    table
        .load_style(comfy_table::presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(comfy_table::ContentArrangement::Dynamic)
        .set_header(["IMAGE", "STATE", "FINDINGS", "READER GOT: MANIFEST", "LAYER", "WHY"]);
    for row in rows {
        table.add_row([
            row.reference.clone(),
            row.state.clone(),
            row.findings.to_string(),
            meaning(row.reader_manifest_status),
            meaning(row.reader_blob_status),
            row.reason.clone(),
        ]);
    }
    let text = table.to_string();
    format!("{text}\nJudged on the built-in starter set of advisories; `lazaret db update` fetches real data.")
}

fn meaning(status: u16) -> String {
    match status {
        200 => "200 served".to_owned(),
        403 => "403 refused".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn what_next(address: &str, data: &Path, owner: &NewPrincipal, reader: &NewPrincipal) -> String {
    let data = data.display();
    let (id, secret) = (&owner.id, &owner.secret);
    let (reader_id, reader_secret) = (&reader.id, &reader.secret);
    format!(
        "
Console   http://{address}/          sign in with  {id}  {secret}
Why       lazaret why demo/minor:1.0 --data {data}

Push an image of your own, and pull as the reader:
  docker login {address} -u {id} -p {secret}
  docker tag IMAGE {address}/demo/mine:1.0 && docker push {address}/demo/mine:1.0
  skopeo copy --dest-tls-verify=false --dest-creds {id}:{secret} docker-archive:IMAGE.tar docker://{address}/demo/mine:1.0
  skopeo copy --src-tls-verify=false --src-creds {reader_id}:{reader_secret} docker://{address}/demo/clean:1.0 dir:/tmp/clean
  skopeo inspect --tls-verify=false --creds {reader_id}:{reader_secret} docker://{address}/demo/bad:1.0     # refused, with the reason

The server runs until Ctrl-C; its data stay in {data}."
    )
}

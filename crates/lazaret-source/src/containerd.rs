//! Images of containerd's content store, over its gRPC socket, also of Kubernetes and k3s nodes
//! (<https://github.com/containerd/containerd/tree/main/api>). Read in place: manifests, configurations and layers
//! stream out of the store as they were pulled, nothing is exported.

mod blob;
mod channel;
mod messages;

use std::{io::Read, path::PathBuf};

use lazaret_model::Digest;
use lazaret_oci::{
    Descriptor, MAX_MANIFEST, Manifest, Selection, Source, SourceError, SourceImage, SourceImages, media_type,
    source::resolve::{self, Content},
};

use self::{
    blob::Blob,
    channel::Channel,
    messages::{
        CONTENT_INFO, GET_IMAGE, GetImageResponse, InfoResponse, LIST_IMAGES, ListImagesRequest, ListImagesResponse,
        Named,
    },
};
use crate::daemon::address;

/// Where containerd listens by itself, in k3s and RKE2, in MicroK8s, in k0s.
const SOCKETS: [&str; 4] = [
    "/run/containerd/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/var/snap/microk8s/common/run/containerd.sock",
    "/run/k0s/containerd.sock",
];
/// `ctr`'s and nerdctl's namespace, and that of Kubernetes.
const NAMESPACES: [&str; 2] = ["default", "k8s.io"];
/// Names that are told when there is no such image.
const MAX_NAMES: usize = 20;

/// How to reach containerd. The environment is read by the caller.
#[derive(Clone, Debug, Default)]
pub struct ContainerdOptions {
    /// `CONTAINERD_ADDRESS`; without it, the places where containerd is usually found.
    pub address: Option<String>,
    /// `CONTAINERD_NAMESPACE`; without it, `default` and then `k8s.io`.
    pub namespace: Option<String>,
}

/// An image in a content store.
#[derive(Debug)]
pub struct ContainerdSource {
    image: String,
    channel: Channel,
    target: Descriptor,
}

impl ContainerdSource {
    /// Looks for the image. `containerd:nginx` also means `docker.io/library/nginx:latest`.
    pub fn open(image: &str, options: &ContainerdOptions) -> Result<Self, SourceError> {
        let namespaces = options.namespace.as_deref().map_or_else(|| NAMESPACES.to_vec(), |only| vec![only]);
        let mut there = Vec::new();
        for socket in sockets(options)? {
            for namespace in &namespaces {
                let channel = Channel::connect(&socket, namespace)?;
                for name in names(image) {
                    if let Some(target) = target(&channel, &name)? {
                        return Ok(Self { image: image.to_owned(), channel, target });
                    }
                }
                there.push(format!("{}: {}", channel.place(), list(&channel)?));
            }
        }
        let hint = "`ctr images ls` lists images; CONTAINERD_NAMESPACE and CONTAINERD_ADDRESS say where to look";
        let place = format!("containerd; looked at {}; {hint}", there.join(", "));
        Err(SourceError::Missing { what: format!("image {image}"), place })
    }

    fn blob_of(&self, digest: &Digest, channel: Channel) -> Result<Blob, SourceError> {
        Blob::open(channel, digest)?.ok_or_else(|| SourceError::Missing {
            what: format!("content {digest}"),
            place: format!(
                "{} (where layers are only kept unpacked, `discard_unpacked_layers`, scan from the registry instead)",
                self.channel.place()
            ),
        })
    }

    fn document(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        let blob = self.blob_of(&descriptor.digest, self.channel.another()?)?;
        let failed = |source| SourceError::Io { what: format!("{} in {}", descriptor.digest, self.name()), source };
        blob.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    fn is_here(&self, digest: &Digest) -> Result<bool, SourceError> {
        let request = Named { name: digest.to_string() };
        Ok(self.channel.call::<InfoResponse>(CONTENT_INFO, &request)?.is_some())
    }

    /// What the image leads to on this machine: of an index, containerd keeps the platforms that were asked for when
    /// it was pulled. The others are not part of what runs here.
    fn roots(&self) -> Result<Vec<Descriptor>, SourceError> {
        let all = vec![self.target.clone()];
        if !media_type::is_index(&self.target.media_type) {
            return Ok(all);
        }
        let bytes = self.document(&self.target, MAX_MANIFEST)?;
        // What is wrong with it is found, and said, where it is read again.
        let Ok(Manifest::Index(index)) = Manifest::parse(&bytes, Some(&self.target.media_type)) else { return Ok(all) };
        let mut here = Vec::new();
        let mut missing = false;
        for child in index.manifests.into_iter().filter(|child| !child.is_attestation()) {
            if self.is_here(&child.digest)? && self.has_configuration(&child)? {
                here.push(child);
            } else {
                missing = true;
            }
        }
        Ok(if missing && !here.is_empty() { here } else { all })
    }

    fn has_configuration(&self, child: &Descriptor) -> Result<bool, SourceError> {
        let bytes = self.document(child, MAX_MANIFEST)?;
        match Manifest::parse(&bytes, Some(&child.media_type)) {
            Ok(Manifest::Image(manifest)) => self.is_here(&manifest.config.digest),
            _ => Ok(true),
        }
    }
}

/// The sockets that somebody listens on, as far as they may be asked.
fn sockets(options: &ContainerdOptions) -> Result<Vec<PathBuf>, SourceError> {
    let candidates: Vec<_> = match &options.address {
        Some(address) => vec![PathBuf::from(address.strip_prefix("unix://").unwrap_or(address))],
        None => SOCKETS.iter().map(PathBuf::from).collect(),
    };
    let mut why = Vec::new();
    let mut open = Vec::new();
    for path in candidates {
        match address::answers(&path) {
            Ok(()) => open.push(path),
            Err(reason) => why.push(format!("{}: {reason}", path.display())),
        }
    }
    if open.is_empty() {
        let reason = format!("{}; start containerd, or set CONTAINERD_ADDRESS (it is root's alone)", why.join(", "));
        return Err(SourceError::Unreachable { what: "containerd".to_owned(), reason });
    }
    Ok(open)
}

/// The names that an image may have in the store: as written, then as Docker writes it in full.
fn names(image: &str) -> Vec<String> {
    let mut names = vec![image.to_owned()];
    let first = image.split('/').next().unwrap_or_default();
    let is_host = image.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    let full = match (is_host, image.contains('/')) {
        (true, _) => image.to_owned(),
        (false, true) => format!("docker.io/{image}"),
        (false, false) => format!("docker.io/library/{image}"),
    };
    let last = full.rsplit('/').next().unwrap_or_default();
    let full = if last.contains([':', '@']) { full } else { format!("{full}:latest") };
    if full != image {
        names.push(full);
    }
    names
}

fn target(channel: &Channel, name: &str) -> Result<Option<Descriptor>, SourceError> {
    let request = Named { name: name.to_owned() };
    let Some(answer) = channel.call::<GetImageResponse>(GET_IMAGE, &request)? else { return Ok(None) };
    let refused =
        |reason: &str| SourceError::Refused { what: format!("{name} in {}", channel.place()), reason: reason.into() };
    let target = answer.image.and_then(|image| image.target).ok_or_else(|| refused("it names no content"))?;
    let digest = Digest::parse(&target.digest).map_err(|_| refused("the digest of its content is none"))?;
    let size = u64::try_from(target.size).map_err(|_| refused("the size of its content is negative"))?;
    Ok(Some(Descriptor::new(target.media_type, digest, size)))
}

/// Names in a namespace, for a message.
fn list(channel: &Channel) -> Result<String, SourceError> {
    let answer = channel.call::<ListImagesResponse>(LIST_IMAGES, &ListImagesRequest {})?.unwrap_or_default();
    let count = answer.images.len();
    let names: Vec<_> = answer.images.iter().take(MAX_NAMES).map(|image| image.name.as_str()).collect();
    let more = if count > names.len() { format!(" and {} more", count - names.len()) } else { String::new() };
    Ok(if names.is_empty() { "no images".to_owned() } else { crate::words::printable(&(names.join(", ") + &more)) })
}

impl Content for ContainerdSource {
    fn manifest(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError> {
        self.document(descriptor, limit)
    }

    fn blob(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError> {
        self.document(descriptor, limit)
    }
}

impl Source for ContainerdSource {
    fn name(&self) -> String {
        format!("containerd:{}", self.image)
    }

    fn images(&self, selection: &Selection) -> Result<SourceImages, SourceError> {
        let roots = self.roots()?;
        let is_part = roots != [self.target.clone()];
        let mut found = resolve::images(&self.name(), self, roots, selection)?;
        if is_part {
            found.index = Some(self.target.digest.clone());
        }
        Ok(found)
    }

    fn open_layer(&self, image: &SourceImage, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let missing = || SourceError::Missing { what: format!("layer {index}"), place: self.name() };
        let layer = image.layers.get(index).ok_or_else(missing)?;
        Ok(Box::new(self.blob_of(&layer.digest, self.channel.another()?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_docker_writes_them() {
        let digest = "docker.io/library/a@sha256:1";
        for (image, full) in [
            ("nginx", Some("docker.io/library/nginx:latest")),
            ("nginx:1.25", Some("docker.io/library/nginx:1.25")),
            ("team/app:1", Some("docker.io/team/app:1")),
            ("localhost/app", Some("localhost/app:latest")),
            ("registry.example:5000/app", Some("registry.example:5000/app:latest")),
            ("registry.example/app:1", None),
            ("a@sha256:1", Some(digest)),
            (digest, None),
        ] {
            let names = names(image);
            assert_eq!((names[0].as_str(), names.get(1).map(String::as_str)), (image, full));
        }
    }
}

//! Linux kernels: images (`vmlinuz*`, `bzImage*`, `vmlinux*`) by their header or banner, modules by the directory
//! `lib/modules/<version>`, elsewhere by the magic in `.modinfo`. One package for each version, in a class of its own: a
//! container runs on its host's kernel.

use std::io::Read;

use lazaret_model::{PackageClass, PackageType};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::BodyReader,
    executable::Executable,
    layer::{FileFacts, FoundPackage, Root},
    room::Room,
};

pub(crate) struct Kernel;

const NAME: &str = "linux-kernel";
const IMAGES: [&str; 3] = ["vmlinuz", "vmlinux", "bzImage"];
const MODULES: [&str; 4] = [".ko", ".ko.gz", ".ko.zst", ".ko.xz"];

/// Bytes of an image in which the banner is looked for, and of a module.
const MAX_IMAGE: u64 = 256 << 20;
const MAX_MODULE: u64 = 64 << 20;
const MAX_VERSION: usize = 128;

impl Detector for Kernel {
    fn id(&self) -> &'static str {
        "kernel"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://docs.kernel.org/arch/x86/boot.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let image = IMAGES.iter().any(|name| file.name.starts_with(name));
        // a module in its place is told by the directory
        let module = || {
            let packed = file.head.starts_with(&[0x1f, 0x8b]) || file.head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
            let plain = file.head.starts_with(b"\x7fELF");
            (plain || packed) && MODULES.iter().any(|end| file.name.ends_with(end)) && modules(file.path).is_none()
        };
        if !file.head.is_empty() && (image || module()) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        if modules(&format!("{}/x.ko", file.path)) == Some(file.path) {
            return kernel(file.name, Some(file.path), facts);
        }
        let version = if IMAGES.iter().any(|name| file.name.starts_with(name)) {
            header_version(body).or_else(|| banner_version(body, limits, facts))
        } else {
            module_version(body, limits, facts)
        };
        if let Some(version) = version {
            kernel(&version, None, facts);
        }
    }
}

fn kernel(version: &str, directory: Option<&str>, facts: &mut FileFacts) {
    let roots = directory.map(|path| Root { path: path.to_owned(), everything: true }).into_iter().collect();
    let package =
        FoundPackage { class: PackageClass::Kernel, roots, ..FoundPackage::new(PackageType::Generic, NAME, version) };
    Room::default().add(facts, package);
}

/// `lib/modules/<version>` of a module below it.
pub(crate) fn modules(path: &str) -> Option<&str> {
    const PLACE: &str = "lib/modules/";
    MODULES.iter().find(|end| path.ends_with(*end))?;
    let at = memchr::memmem::find(path.as_bytes(), PLACE.as_bytes())?;
    let start = at + PLACE.len();
    let version = &path[start..start + path[start..].find('/')?];
    let at_start = at == 0 || path.as_bytes().get(at - 1) == Some(&b'/');
    (at_start && is_version(version)).then(|| &path[..start + version.len()])
}

/// `6.1.0-18-amd64`
fn is_version(text: &str) -> bool {
    let parts = text.split('.').take(2);
    let number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    text.len() <= MAX_VERSION && text.contains('.') && parts.into_iter().all(number)
}

fn first_word(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|b| !b.is_ascii_graphic())?;
    let word = std::str::from_utf8(bytes.get(..end)?).ok()?;
    is_version(word).then(|| word.to_owned())
}

/// The setup header of x86 says where the version's text is.
fn header_version(body: &Body<'_>) -> Option<String> {
    let mut header = [0; 0x210];
    if body.read_at(0, &mut header).ok()? < header.len() || header[0x202..0x206] != *b"HdrS" {
        return None;
    }
    let pointer = u64::from(u16::from_le_bytes([header[0x20e], header[0x20f]]));
    let mut text = [0; MAX_VERSION];
    let read = body.read_at(pointer + 0x200, &mut text).ok()?;
    first_word(text.get(..read)?)
}

/// `Linux version 6.1.0-18-arm64 (...`, in an image that is not compressed, or by gzip.
fn banner_version(body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) -> Option<String> {
    let mut magic = [0; 2];
    body.read_at(0, &mut magic).ok()?;
    if magic != [0x1f, 0x8b] {
        return find_banner(&mut BodyReader::new(body).take(MAX_IMAGE), &mut 0);
    }
    let limit = MAX_IMAGE.min(limits.archive_bytes).min(body.len().saturating_mul(limits.ratio));
    find_banner(&mut flate2::read::GzDecoder::new(BodyReader::new(body)).take(limit), &mut facts.inflated)
}

fn find_banner(reader: &mut dyn Read, read_bytes: &mut u64) -> Option<String> {
    const BANNER: &[u8] = b"Linux version ";
    const KEPT: usize = BANNER.len() + MAX_VERSION;
    let finder = memchr::memmem::Finder::new(BANNER);
    let mut buffer = vec![0; 256 << 10];
    let mut filled = 0;
    loop {
        let read = reader.read(buffer.get_mut(filled..)?).unwrap_or(0);
        *read_bytes += read as u64;
        filled += read;
        let text = buffer.get(..filled)?;
        // at the end of the file there is no more to wait for
        let known = finder.find_iter(text).filter(|at| read == 0 || at + KEPT <= filled);
        if let Some(version) = known.into_iter().find_map(|at| first_word(text.get(at + BANNER.len()..)?)) {
            return Some(version);
        }
        if read == 0 {
            return None;
        }
        if filled > buffer.len() / 2 {
            buffer.copy_within(filled - KEPT..filled, 0);
            filled = KEPT;
        }
    }
}

/// `vermagic=6.1.0-18-amd64 SMP preempt mod_unload modversions`
fn module_version(body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) -> Option<String> {
    let mut magic = [0; 2];
    body.read_at(0, &mut magic).ok()?;
    if magic == *b"\x7fE" {
        return vermagic(body);
    }
    let limit = MAX_MODULE.min(limits.archive_bytes);
    let reader = BodyReader::new(body);
    let mut bytes = Vec::new();
    let read = if magic == [0x1f, 0x8b] {
        flate2::read::GzDecoder::new(reader).take(limit).read_to_end(&mut bytes)
    } else {
        zstd::stream::read::Decoder::new(reader).and_then(|decoder| decoder.take(limit).read_to_end(&mut bytes))
    };
    facts.inflated += bytes.len() as u64;
    read.ok()?;
    vermagic(&Body::memory(&bytes))
}

fn vermagic(body: &Body<'_>) -> Option<String> {
    const MAX_INFO: u64 = 64 << 10;
    let program = Executable::parse(body).ok()?;
    let region = program.section(".modinfo")?.region;
    let mut info = vec![0; usize::try_from(region.size.min(MAX_INFO)).ok()?];
    let read = program.read_offset(region.offset, &mut info).ok()?;
    let fields = info.get(..read)?.split(|b| *b == 0);
    fields.into_iter().find_map(|field| first_word(&[field.strip_prefix(b"vermagic=")?, b" "].concat()))
}

/// Whether a system's package is a kernel, its modules or its headers. `source` is what it was built from. What else is
/// built from the kernel's source (`perf`, `bpftool`, `cpupower`) runs in a container and stays what it is.
pub(crate) fn class_of(kind: PackageType, name: &str, source: &str) -> PackageClass {
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    let is = match kind {
        PackageType::Deb => {
            let from_kernel = source == "linux" || source.starts_with("linux-");
            let named = starts(&["linux-image-", "linux-headers-", "linux-modules-", "linux-kbuild-", "linux-source-"]);
            from_kernel && (named || name == "linux-libc-dev")
        }
        // the names of Red Hat's, Oracle's, Amazon's and SUSE's kernels, and the C library's headers of SUSE
        PackageType::Rpm => {
            let from_kernel = source.starts_with("kernel") || source == "linux-glibc-devel";
            let tool = ["tools", "srpm-macros", "rpm-macros", "doc"].iter().any(|word| name.contains(word));
            from_kernel && !tool && (starts(&["kernel"]) || name == "linux-glibc-devel")
        }
        PackageType::Apk => {
            let of = |flavour: &str| name == flavour || name.strip_prefix(flavour) == Some("-dev");
            name == "linux-headers" && source == name
                || ["linux-lts", "linux-virt", "linux-edge", "linux-rpi", "linux-stable"].into_iter().any(of)
        }
        PackageType::Alpm => {
            let base = ["linux", "linux-lts", "linux-zen", "linux-hardened", "linux-rt", "linux-api-headers"];
            base.contains(&source) && (name == source || name.strip_prefix(source) == Some("-headers"))
        }
        PackageType::Ebuild => {
            name.starts_with("sys-kernel/")
                && !name.starts_with("sys-kernel/linux-firmware")
                && !name.starts_with("sys-kernel/dracut")
                && !name.starts_with("sys-kernel/genkernel")
                && !name.starts_with("sys-kernel/installkernel")
        }
        _ => false,
    };
    if is { PackageClass::Kernel } else { PackageClass::Installed }
}

#[cfg(test)]
mod tests;

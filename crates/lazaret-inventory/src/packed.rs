//! Forms in which text does not stand as it is: archives, pictures, fonts, sound.

/// Whether the first bytes are those of a packed form, so that a search of the bytes as they lie finds nothing.
pub(crate) fn is_packed(head: &[u8]) -> bool {
    const FORMS: [&[u8]; 24] = [
        b"\x1f\x8b",
        b"PK\x03\x04",
        b"BZh",
        b"\xfd7zXZ",
        b"\x28\xb5\x2f\xfd",
        b"\x04\x22\x4d\x18",
        b"7z\xbc\xaf",
        b"Rar!",
        b"LZIP",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"RIFF",
        b"\0\0\x01\0",
        b"wOFF",
        b"wOF2",
        b"OTTO",
        b"\0\x01\0\0",
        b"ttcf",
        b"ID3",
        b"OggS",
        b"fLaC",
        b"\xde\x12\x04\x95",
        b"TZif",
    ];
    head.first().is_some_and(|first| FORMS.iter().any(|form| form[0] == *first && head.starts_with(form)))
}

//! What an Axis system sends: an address, an `ETag`, and metadata, parts with NUL between them; metadata are pairs of
//! lines, a name and its value.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use onrecord_fuzz::{parts, text};
use onrecord_program::axis::{ContainerKind, Metadata, ObjectKind};
use onrecord_server::fuzzing::{axis_address, axis_metadata};

fuzz_target!(|input: &[u8]| {
    let [path, etag, metadata] = parts(input);
    axis_address(text(path), text(etag));
    let _ = ContainerKind::of(text(path));
    let _ = ObjectKind::of(text(path));
    let (mut headers, mut said) = (HeaderMap::new(), Metadata::new());
    let lines: Vec<&[u8]> = metadata.split(|byte| *byte == b'\n').collect();
    for pair in lines.chunks_exact(2) {
        let name = HeaderName::from_bytes(&[b"x-container-meta-", pair[0]].concat());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(pair[1])) {
            headers.insert(name, value);
        }
        said.insert(text(pair[0]).to_ascii_lowercase(), text(pair[1]).to_owned());
    }
    let (read, again) = axis_metadata(&headers);
    assert_eq!(read, again, "metadata come back as they were given");
    let _ = onrecord_program::fuzzing::times(&said);
    let _ = onrecord_program::fuzzing::times(&read);
});

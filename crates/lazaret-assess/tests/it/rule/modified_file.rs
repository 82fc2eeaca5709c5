use lazaret_model::ModifiedFile;

use super::{Shown, messages};
use crate::sample::subject;

#[test]
fn file_and_package_are_named() {
    let mut subject = subject([]);
    assert_eq!(messages("modified_file", &subject, &Shown::default()), Vec::<String>::new());
    let file = ModifiedFile {
        path: "bin/ls".to_owned(),
        package: "pkg:deb/debian/coreutils@9.1-1".to_owned(),
        expected: "md5:00".to_owned(),
        actual: "md5:ff".to_owned(),
        layer: None,
    };
    subject.inventory.modified = vec![file.clone()];
    let wanted = "bin/ls is not as pkg:deb/debian/coreutils@9.1-1 brings it: md5:ff in place of md5:00";
    assert_eq!(messages("modified_file", &subject, &Shown::default()), [wanted]);
    subject.inventory.modified = vec![file; 22];
    assert_eq!(messages("modified_file", &subject, &Shown::default())[20], "2 more modified files");
}

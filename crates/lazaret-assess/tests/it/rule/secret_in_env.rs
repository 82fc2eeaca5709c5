use super::{Shown, messages};
use crate::sample::subject;

fn found(line: &str) -> Option<String> {
    let mut subject = subject([]);
    subject.facts.env = vec!["PATH=/usr/bin".to_owned(), line.to_owned()];
    let mut messages = messages("secret_in_env", &subject, &Shown::default());
    assert!(messages.len() <= 1, "{messages:?}");
    messages.pop()
}

#[test]
fn by_name() {
    for name in [
        "PASSWORD",
        "DB_PASSWORD",
        "POSTGRES_PASSWORD",
        "dbPassword",
        "spring.datasource.password",
        "MYSQL_PASSWD",
        "DBPASSWORD",
        "DB_PASS",
        "DB_PWD",
        "CLIENT_SECRET",
        "SECRET_KEY_BASE",
        "DJANGO_SECRET_KEY",
        "JWT_SECRET_1",
        "GITHUB_TOKEN",
        "NPM_TOKEN",
        "API_KEY",
        "OPENAI_API_KEY",
        "APIKEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "PRIVATE_KEY",
        "SSH_PASSPHRASE",
        "GCP_CREDENTIALS",
        "STORAGE_ACCOUNT_KEY",
    ] {
        assert!(found(&format!("{name}=hunter2hunter2")).is_some(), "{name}");
    }
}

#[test]
fn by_form_whatever_the_name() {
    let long = "a1B2c3D4".repeat(12);
    for value in [
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
        format!("ghp_{}", &long[..36]),
        format!("Bearer ghp_{}", &long[..36]),
        format!("github_pat_{}", &long[..40]),
        format!("glpat-{}", &long[..20]),
        format!("//registry.npmjs.org/:_authToken=npm_{}", &long[..36]),
        "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl".to_owned(),
        "-----BEGIN PRIVATE KEY-----".to_owned(),
        "postgres://app:s3cret@db:5432/app".to_owned(),
        "https://user:p%40ss@example.com/".to_owned(),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhcHAifQ.c2lnbmF0dXJlLWJ5dGVz".to_owned(),
        format!("'AIza{}'", &long[..35]),
    ] {
        assert!(found(&format!("SETTING={value}")).is_some(), "{value}");
    }
}

#[test]
fn what_is_no_secret() {
    for line in [
        "DB_PASSWORD=",
        "PASSWORD=\"\"",
        "DB_PASSWORD_FILE=/run/secrets/db",
        "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/t",
        "SECRETS_DIR=/run/secrets",
        "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "TOKEN_SHA256=00ff",
        "PYTHON_GET_PIP_SHA256=96461deced5c2a487ddc65207ec5a9cffeca0d34e7af7ea1afc470ff0d746207",
        "PYTHON_VERSION=3.12.1",
        "PATH=/usr/local/bin:/usr/bin",
        "PWD=/app",
        "OLDPWD=/",
        "TOKENIZERS_PARALLELISM=false",
        "MAX_TOKENS=4096",
        "ALLOW_EMPTY_PASSWORD=yes",
        "PASSWORD_MIN_LENGTH=12",
        "TOKEN_TTL=3600",
        "SECRET_NAME=app-tls",
        "TOKEN_URL=https://login.example.com/token",
        "DB_PASSWORD=$DB_PASSWORD",
        "API_TOKEN=${API_TOKEN}",
        "DISABLE_TOKEN_CHECK=1",
        "PASS_THROUGH=x",
        "COMPASS=north",
        "SSL_CERT=-----BEGIN CERTIFICATE-----",
        "DATABASE_URL=postgres://db:5432/app",
        "DATABASE_URL=postgres://app:${DB_PASSWORD}@db/app",
        "HOME=/root",
        "MONKEY=banana",
        "PUBLIC_KEY=abc",
        "NODE_VERSION=20.1.0",
        "AKIA=short",
        "noequals",
    ] {
        assert_eq!(found(line), None, "{line}");
    }
}

#[test]
fn the_value_is_never_shown() {
    let message = found("DB_PASSWORD=hunter2").unwrap();
    assert_eq!(message, "ENV DB_PASSWORD holds a password (value not shown); hand it over at run time and replace it");
    assert!(!found("X=postgres://app:hunter2@db/").unwrap().contains("hunter2"));
}

//! The Maven group of an archive that does not state it. Many builds (Gradle, Ant) leave no `pom.properties`, and
//! their names hide it: `h2-1.4.200.jar` is `com.h2database:h2`. Well-known ones are in a table, which counts only
//! where the classes are the project's; for others the directory that most classes are in is a guess.

use std::collections::BTreeMap;

/// Directories that are counted; an archive with more is a merged one, whose group says little.
const MAX_DIRECTORIES: usize = 4_096;

/// How many classes lie in which directory.
#[derive(Default)]
pub(super) struct Classes {
    directories: BTreeMap<String, usize>,
    last: String,
    run: usize,
}

impl Classes {
    /// Counts a class file.
    pub(super) fn add(&mut self, path: &str) {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        if directory != self.last {
            self.settle();
            directory.clone_into(&mut self.last);
        }
        self.run += 1;
    }

    /// Entries mostly come directory by directory, so that only a change of directory costs.
    fn settle(&mut self) {
        let run = std::mem::take(&mut self.run);
        let directory = java_directory(&self.last);
        if run == 0 {
            return;
        }
        if let Some(count) = self.directories.get_mut(directory) {
            *count += run;
        } else if self.directories.len() < MAX_DIRECTORIES {
            self.directories.insert(directory.to_owned(), run);
        }
    }

    pub(super) fn finish(&mut self) {
        self.settle();
    }

    fn is_empty(&self) -> bool {
        self.directories.is_empty()
    }

    /// Whether there are classes in a directory or below it.
    pub(super) fn are_in(&self, directory: &str) -> bool {
        let below = format!("{directory}/");
        self.directories.contains_key(directory)
            || self.directories.range(below.clone()..).next().is_some_and(|(found, _)| found.starts_with(&below))
    }

    /// The directory of up to three parts that four in five classes are in, as a group. A last part that is the
    /// artifact's name is not the group's.
    pub(super) fn group(&self, artifact: &str) -> Option<String> {
        let total: usize = self.directories.values().sum();
        let mut group: Vec<&str> = Vec::new();
        for depth in 0..3 {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for (directory, count) in &self.directories {
                let parts: Vec<_> = directory.split('/').collect();
                if parts.len() > depth && parts[..depth] == group[..] && !parts[depth].is_empty() {
                    *counts.entry(parts[depth]).or_default() += count;
                }
            }
            let best = counts.into_iter().max_by_key(|(_, count)| *count);
            let Some((part, _)) = best.filter(|(_, count)| count * 5 >= total * 4) else { break };
            group.push(part);
        }
        if let [_, _, last] = group[..]
            && artifact.split(['-', '_', '.']).any(|part| part.eq_ignore_ascii_case(last))
        {
            group.pop();
        }
        (group.len() >= 2).then(|| group.join("."))
    }
}

/// Without the places that archives put classes at besides their root.
fn java_directory(directory: &str) -> &str {
    for place in ["BOOT-INF/classes", "WEB-INF/classes", "META-INF/versions"] {
        if let Some(rest) = directory.strip_prefix(place) {
            let rest = rest.strip_prefix('/').unwrap_or(rest);
            return if place.ends_with("versions") { rest.split_once('/').map_or("", |(_, rest)| rest) } else { rest };
        }
    }
    directory
}

/// Artifact (`x*`: all that start so), a directory of its classes (empty: whatever it has), first major version,
/// group. The first that fits counts.
type Known = (&'static str, &'static str, u32, &'static str);

/// The group of a well-known artifact, when the classes are its own or there are none.
pub(super) fn known(artifact: &str, version: &str, classes: &Classes) -> Option<&'static str> {
    let major = version.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).unwrap_or(0_u32);
    let fits = |(pattern, directory, since, _): &&Known| {
        let named = pattern.strip_suffix('*').map_or(*pattern == artifact, |start| artifact.starts_with(start));
        named && major >= *since && (directory.is_empty() || classes.is_empty() || classes.are_in(directory))
    };
    KNOWN.iter().find(fits).map(|(.., group)| *group)
}

const SPRING: &str = "org/springframework";
const COMMONS: &str = "org/apache/commons";

#[rustfmt::skip]
const KNOWN: &[Known] = &[
    ("third-party-jackson*", "software/amazon/awssdk/thirdparty", 0, "software.amazon.awssdk"),
    ("hibernate-commons-annotations", "org/hibernate/annotations/common", 0, "org.hibernate.common"),
    ("spring-boot*", "org/springframework/boot", 0, "org.springframework.boot"),
    ("spring-security*", "org/springframework/security", 0, "org.springframework.security"),
    ("spring-integration*", "org/springframework/integration", 0, "org.springframework.integration"),
    ("spring-session*", "org/springframework/session", 0, "org.springframework.session"),
    ("spring-kafka*", "org/springframework/kafka", 0, "org.springframework.kafka"),
    ("spring-amqp", "org/springframework/amqp", 0, "org.springframework.amqp"),
    ("spring-rabbit*", "org/springframework/amqp", 0, "org.springframework.amqp"),
    ("spring-ldap*", "org/springframework/ldap", 0, "org.springframework.ldap"),
    ("spring-ws*", "org/springframework/ws", 0, "org.springframework.ws"),
    ("spring-xml", "org/springframework/xml", 0, "org.springframework.ws"),
    ("spring-webflow", "org/springframework/webflow", 0, "org.springframework.webflow"),
    ("spring-graphql", "org/springframework/graphql", 0, "org.springframework.graphql"),
    ("spring-aop", SPRING, 0, "org.springframework"),
    ("spring-aspects", SPRING, 0, "org.springframework"),
    ("spring-beans", SPRING, 0, "org.springframework"),
    ("spring-context*", SPRING, 0, "org.springframework"),
    ("spring-core*", SPRING, 0, "org.springframework"),
    ("spring-expression", SPRING, 0, "org.springframework"),
    ("spring-instrument", SPRING, 0, "org.springframework"),
    ("spring-jcl", "org/apache/commons/logging", 0, "org.springframework"),
    ("spring-jdbc", SPRING, 0, "org.springframework"),
    ("spring-jms", SPRING, 0, "org.springframework"),
    ("spring-messaging", SPRING, 0, "org.springframework"),
    ("spring-orm", SPRING, 0, "org.springframework"),
    ("spring-oxm", SPRING, 0, "org.springframework"),
    ("spring-r2dbc", SPRING, 0, "org.springframework"),
    ("spring-test", SPRING, 0, "org.springframework"),
    ("spring-tx", SPRING, 0, "org.springframework"),
    ("spring-web", SPRING, 0, "org.springframework"),
    ("spring-webflux", SPRING, 0, "org.springframework"),
    ("spring-webmvc*", SPRING, 0, "org.springframework"),
    ("spring-websocket", SPRING, 0, "org.springframework"),
    ("tomcat-embed-*", "", 0, "org.apache.tomcat.embed"),
    ("tomcat-*", "", 0, "org.apache.tomcat"),
    ("kotlin-*", "kotlin", 0, "org.jetbrains.kotlin"),
    ("kotlinx-*", "kotlinx", 0, "org.jetbrains.kotlinx"),
    ("ktor-*", "io/ktor", 0, "io.ktor"),
    ("exposed-*", "org/jetbrains/exposed", 0, "org.jetbrains.exposed"),
    ("okhttp*", "okhttp3", 0, "com.squareup.okhttp3"),
    ("logging-interceptor", "okhttp3", 0, "com.squareup.okhttp3"),
    ("mockwebserver*", "okhttp3", 0, "com.squareup.okhttp3"),
    ("okio*", "okio", 0, "com.squareup.okio"),
    ("retrofit", "retrofit2", 0, "com.squareup.retrofit2"),
    ("converter-*", "retrofit2", 0, "com.squareup.retrofit2"),
    ("adapter-*", "retrofit2", 0, "com.squareup.retrofit2"),
    ("moshi*", "com/squareup/moshi", 0, "com.squareup.moshi"),
    ("groovy*", "", 4, "org.apache.groovy"),
    ("groovy*", "", 0, "org.codehaus.groovy"),
    ("scala-library", "scala", 0, "org.scala-lang"),
    ("scala-reflect", "scala", 0, "org.scala-lang"),
    ("scala-compiler", "scala", 0, "org.scala-lang"),
    ("akka-http*", "akka", 0, "com.typesafe.akka"),
    ("akka-*", "akka", 0, "com.typesafe.akka"),
    ("config", "com/typesafe/config", 0, "com.typesafe"),
    ("play_*", "play", 0, "com.typesafe.play"),
    ("h2", "org/h2", 0, "com.h2database"),
    ("hsqldb", "org/hsqldb", 0, "org.hsqldb"),
    ("derby*", "org/apache/derby", 0, "org.apache.derby"),
    ("mysql-connector-java", "com/mysql", 0, "mysql"),
    ("mysql-connector-j", "com/mysql", 0, "com.mysql"),
    ("postgresql", "org/postgresql", 0, "org.postgresql"),
    ("mssql-jdbc", "com/microsoft/sqlserver", 0, "com.microsoft.sqlserver"),
    ("mariadb-java-client", "org/mariadb/jdbc", 0, "org.mariadb.jdbc"),
    ("sqlite-jdbc", "org/sqlite", 0, "org.xerial"),
    ("snappy-java", "org/xerial/snappy", 0, "org.xerial.snappy"),
    ("jtds", "net/sourceforge/jtds", 0, "net.sourceforge.jtds"),
    ("ojdbc*", "oracle/jdbc", 0, "com.oracle.database.jdbc"),
    ("antlr", "antlr", 0, "antlr"),
    ("antlr*", "org/antlr", 0, "org.antlr"),
    ("asm*", "org/objectweb/asm", 4, "org.ow2.asm"),
    ("asm*", "org/objectweb/asm", 0, "asm"),
    ("dom4j", "org/dom4j", 2, "org.dom4j"),
    ("dom4j", "org/dom4j", 0, "dom4j"),
    ("jdom2", "org/jdom2", 0, "org.jdom"),
    ("jdom*", "org/jdom", 0, "org.jdom"),
    ("jaxen", "org/jaxen", 0, "jaxen"),
    ("xalan", "org/apache/xalan", 0, "xalan"),
    ("serializer", "org/apache/xml/serializer", 0, "xalan"),
    ("xercesImpl", "org/apache/xerces", 0, "xerces"),
    ("xml-apis*", "org/w3c/dom", 0, "xml-apis"),
    ("xmlpull", "org/xmlpull", 0, "xmlpull"),
    ("xpp3*", "org/xmlpull", 0, "xpp3"),
    ("batik-*", "org/apache/batik", 0, "org.apache.xmlgraphics"),
    ("fop*", "org/apache/fop", 0, "org.apache.xmlgraphics"),
    ("bcprov-*", "org/bouncycastle", 0, "org.bouncycastle"),
    ("bcpkix-*", "org/bouncycastle", 0, "org.bouncycastle"),
    ("bcutil-*", "org/bouncycastle", 0, "org.bouncycastle"),
    ("bctls-*", "org/bouncycastle", 0, "org.bouncycastle"),
    ("bcpg-*", "org/bouncycastle", 0, "org.bouncycastle"),
    ("bcmail-*", "org/bouncycastle", 0, "org.bouncycastle"),
    ("bc-fips", "org/bouncycastle", 0, "org.bouncycastle"),
    ("checker-qual", "org/checkerframework", 0, "org.checkerframework"),
    ("log4j", "org/apache/log4j", 0, "log4j"),
    ("commons-lang3", COMMONS, 0, "org.apache.commons"),
    ("commons-compress", COMMONS, 0, "org.apache.commons"),
    ("commons-text", COMMONS, 0, "org.apache.commons"),
    ("commons-collections4", COMMONS, 0, "org.apache.commons"),
    ("commons-configuration2", COMMONS, 0, "org.apache.commons"),
    ("commons-dbcp2", COMMONS, 0, "org.apache.commons"),
    ("commons-pool2", COMMONS, 0, "org.apache.commons"),
    ("commons-csv", COMMONS, 0, "org.apache.commons"),
    ("commons-exec", COMMONS, 0, "org.apache.commons"),
    ("commons-math*", COMMONS, 0, "org.apache.commons"),
    ("commons-email*", COMMONS, 0, "org.apache.commons"),
    ("commons-jexl*", COMMONS, 0, "org.apache.commons"),
    ("commons-vfs2*", COMMONS, 0, "org.apache.commons"),
    ("commons-fileupload2*", COMMONS, 0, "org.apache.commons"),
    ("commons-beanutils", COMMONS, 0, "commons-beanutils"),
    ("commons-cli", COMMONS, 0, "commons-cli"),
    ("commons-codec", COMMONS, 0, "commons-codec"),
    ("commons-collections", COMMONS, 0, "commons-collections"),
    ("commons-configuration", COMMONS, 0, "commons-configuration"),
    ("commons-daemon", COMMONS, 0, "commons-daemon"),
    ("commons-dbcp", COMMONS, 0, "commons-dbcp"),
    ("commons-digester", COMMONS, 0, "commons-digester"),
    ("commons-fileupload", COMMONS, 0, "commons-fileupload"),
    ("commons-httpclient", COMMONS, 0, "commons-httpclient"),
    ("commons-io", COMMONS, 0, "commons-io"),
    ("commons-jxpath", COMMONS, 0, "commons-jxpath"),
    ("commons-lang", COMMONS, 0, "commons-lang"),
    ("commons-logging", COMMONS, 0, "commons-logging"),
    ("commons-net", COMMONS, 0, "commons-net"),
    ("commons-pool", COMMONS, 0, "commons-pool"),
    ("commons-validator", COMMONS, 0, "commons-validator"),
    ("hadoop-*", "org/apache/hadoop", 0, "org.apache.hadoop"),
    ("axis", "org/apache/axis", 0, "org.apache.axis"),
    ("htmlunit", "com/gargoylesoftware/htmlunit", 0, "net.sourceforge.htmlunit"),
    ("hibernate-core", "org/hibernate", 6, "org.hibernate.orm"),
    ("hibernate-envers", "org/hibernate", 6, "org.hibernate.orm"),
    ("hibernate-jcache", "org/hibernate", 6, "org.hibernate.orm"),
    ("lucene-*", "org/apache/lucene", 0, "org.apache.lucene"),
    ("solr-*", "org/apache/solr", 0, "org.apache.solr"),
    ("kafka*", "kafka", 0, "org.apache.kafka"),
    ("kafka*", "org/apache/kafka", 0, "org.apache.kafka"),
    ("connect-*", "org/apache/kafka", 0, "org.apache.kafka"),
    ("zookeeper*", "org/apache/zookeeper", 0, "org.apache.zookeeper"),
    ("elasticsearch-rest-*", "org/elasticsearch/client", 0, "org.elasticsearch.client"),
    ("elasticsearch-java", "co/elastic/clients", 0, "co.elastic.clients"),
    ("elasticsearch*", "org/elasticsearch", 0, "org.elasticsearch"),
    ("opensearch-rest-*", "org/opensearch/client", 0, "org.opensearch.client"),
    ("opensearch*", "org/opensearch", 0, "org.opensearch"),
    ("grpc-*", "io/grpc", 0, "io.grpc"),
    ("reactor-core", "reactor/core", 0, "io.projectreactor"),
    ("reactor-netty*", "reactor/netty", 0, "io.projectreactor.netty"),
    ("micrometer-*", "io/micrometer", 0, "io.micrometer"),
    ("micronaut-*", "io/micronaut", 0, "io.micronaut"),
    ("rxjava", "io/reactivex/rxjava3", 0, "io.reactivex.rxjava3"),
    ("rxjava", "io/reactivex", 0, "io.reactivex.rxjava2"),
    ("rxjava", "rx", 0, "io.reactivex"),
    ("opentelemetry-instrumentation-*", "io/opentelemetry", 0, "io.opentelemetry.instrumentation"),
    ("opentelemetry-javaagent", "io/opentelemetry", 0, "io.opentelemetry.javaagent"),
    ("opentelemetry-*", "io/opentelemetry", 0, "io.opentelemetry"),
    ("minio", "io/minio", 0, "io.minio"),
    ("graphql-java", "graphql", 0, "com.graphql-java"),
    ("java-jwt", "com/auth0/jwt", 0, "com.auth0"),
    ("jython*", "org/python", 0, "org.python"),
    ("rhino*", "org/mozilla/javascript", 0, "org.mozilla"),
    ("bsh", "bsh", 2, "org.apache-extras.beanshell"),
    ("ant", "org/apache/tools/ant", 0, "org.apache.ant"),
    ("ant-*", "org/apache/tools/ant", 0, "org.apache.ant"),
    ("ivy", "org/apache/ivy", 0, "org.apache.ivy"),
    ("poi*", "org/apache/poi", 0, "org.apache.poi"),
    ("poi-ooxml*", "org/openxmlformats", 0, "org.apache.poi"),
    ("xmlbeans", "org/apache/xmlbeans", 0, "org.apache.xmlbeans"),
    ("ehcache*", "net/sf/ehcache", 0, "net.sf.ehcache"),
    ("ehcache*", "org/ehcache", 0, "org.ehcache"),
    ("cglib*", "net/sf/cglib", 0, "cglib"),
    ("aopalliance", "org/aopalliance", 0, "aopalliance"),
    ("aspectj*", "org/aspectj", 0, "org.aspectj"),
    ("jsr305", "javax/annotation", 0, "com.google.code.findbugs"),
    ("javax.inject", "javax/inject", 0, "javax.inject"),
    ("velocity", "org/apache/velocity", 0, "org.apache.velocity"),
    ("velocity-engine-*", "org/apache/velocity", 0, "org.apache.velocity"),
    ("freemarker", "freemarker", 0, "org.freemarker"),
    ("jasperreports", "net/sf/jasperreports", 0, "net.sf.jasperreports"),
    ("itext", "com/lowagie", 0, "com.lowagie"),
    ("itextpdf", "com/itextpdf", 0, "com.itextpdf"),
    ("json-lib", "net/sf/json", 0, "net.sf.json-lib"),
    ("jna*", "com/sun/jna", 0, "net.java.dev.jna"),
    ("lz4-java", "net/jpountz", 0, "org.lz4"),
    ("zstd-jni", "com/github/luben", 0, "com.github.luben"),
    ("conscrypt-*", "org/conscrypt", 0, "org.conscrypt"),
    ("lombok", "lombok", 0, "org.projectlombok"),
    ("junit", "junit", 0, "junit"),
    ("junit-jupiter*", "org/junit/jupiter", 0, "org.junit.jupiter"),
    ("junit-platform*", "org/junit/platform", 0, "org.junit.platform"),
    ("hamcrest*", "org/hamcrest", 0, "org.hamcrest"),
    ("mockito-*", "org/mockito", 0, "org.mockito"),
    ("testcontainers", "org/testcontainers", 0, "org.testcontainers"),
    ("testng", "org/testng", 0, "org.testng"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(directories: &[(&str, usize)]) -> Classes {
        let mut classes = Classes::default();
        for (directory, count) in directories {
            for number in 0..*count {
                classes.add(&format!("{directory}/C{number}.class"));
            }
        }
        classes.finish();
        classes
    }

    #[test]
    fn well_known_by_name_and_classes() {
        let of = |artifact: &str, version: &str, directory: &str| {
            known(artifact, version, &classes(&[(directory, 2)])).unwrap_or_default()
        };
        assert_eq!(of("h2", "1.4.200", "org/h2/util"), "com.h2database");
        assert_eq!(of("h2", "1.0", "com/acme/h2"), "", "another thing of the same name");
        assert_eq!(of("spring-core", "5.3.15", "org/springframework/core"), "org.springframework");
        assert_eq!(of("spring-boot-autoconfigure", "2.6.3", "org/springframework/boot/a"), "org.springframework.boot");
        assert_eq!(of("groovy", "2.5.6", "groovy/lang"), "org.codehaus.groovy");
        assert_eq!(of("groovy-json", "4.0.1", "groovy/json"), "org.apache.groovy");
        assert_eq!(of("dom4j", "1.6.1", "org/dom4j"), "dom4j");
        assert_eq!(of("dom4j", "2.1.1", "META-INF/versions/9/org/dom4j"), "org.dom4j");
        assert_eq!(of("rxjava", "3.0.0", "io/reactivex/rxjava3/core"), "io.reactivex.rxjava3");
        assert_eq!(known("spring-boot-starter", "2.6.3", &Classes::default()), Some("org.springframework.boot"));
    }

    #[test]
    fn most_classes() {
        let shop = classes(&[("com/acme/shop/a", 5), ("com/acme/shop", 3), ("org/other", 1)]);
        assert_eq!(shop.group("shop-core").as_deref(), Some("com.acme"));
        assert_eq!(shop.group("thing").as_deref(), Some("com.acme.shop"));
        assert_eq!(classes(&[("a/b", 1), ("c/d", 1)]).group("x"), None);
        assert_eq!(classes(&[("okio", 9)]).group("okio"), None);
        assert_eq!(classes(&[("", 9)]).group("x"), None);
        let boot = classes(&[("BOOT-INF/classes/com/acme/shop", 5), ("META-INF/versions/9/com/acme/x", 1)]);
        assert_eq!(boot.group("x").as_deref(), Some("com.acme.shop"));
    }

    #[test]
    fn directories_below() {
        let classes = classes(&[("org/h2-x", 1), ("org/h2/util", 1)]);
        assert!(classes.are_in("org/h2") && classes.are_in("org") && !classes.are_in("org/h") && !classes.are_in("x"));
    }
}

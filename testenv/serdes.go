package testenv

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed serdes/pom.xml
var serdesPom []byte

// JavaSerdes is what Java programs need that write and read records with schemas.
type JavaSerdes struct {
	Java, Javac string // paths
	ClassPath   string // Avro, Protobuf, Apicurio's serializers, Kafka's client and Jackson.
}

// FindJavaSerdes returns the tools and jars for Java programs that write and read records by Apicurio's serializers. The jars are
// downloaded by Maven once and kept in the user's cache folder.
func FindJavaSerdes(ctx context.Context) (JavaSerdes, error) {
	const jdk = "default-jdk-headless"
	paths, err := locate(ctx, onPath("java", jdk), onPath("javac", jdk))
	if err != nil {
		return JavaSerdes{}, fmt.Errorf("finding Java: %w", err)
	}
	jars, err := fromMaven(ctx, "serdes-"+digest(serdesPom), func(work, out string) ([]string, error) {
		pom := filepath.Join(work, "pom.xml")
		return []string{"-f", pom, "dependency:copy-dependencies", "-DoutputDirectory=" + out}, os.WriteFile(pom, serdesPom, 0o644)
	})
	if err != nil {
		return JavaSerdes{}, fmt.Errorf("finding Apicurio's serializers: %w", err)
	}
	return JavaSerdes{Java: paths[0], Javac: paths[1], ClassPath: filepath.Join(jars, "*")}, nil
}

package check

import (
	"fmt"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
)

// warnAhead is how long before its end a certificate is warned of.
const warnAhead = 14 * 24 * time.Hour

// Certificates warns of the certificates of a file that end within 14 days of now. It leaves files that cannot be read to the
// checks of their users.
func Certificates(file *pipelinefile.File, now time.Time) []Finding {
	var findings []Finding
	for _, files := range pipeline.TLSFiles(file) {
		ends, err := tlsfiles.Ends(files)
		if err != nil {
			continue
		}
		for _, part := range []struct{ key, setting, path string }{{"ca", "sslrootcert", files.CA}, {"cert", "sslcert", files.Cert}} {
			end, ok := ends[part.key]
			if !ok || end.Sub(now) > warnAhead {
				continue
			}
			name := files.Key + "." + part.key
			if strings.HasSuffix(files.Key, ".dsn") {
				name = files.Key + " " + part.setting
			}
			findings = append(findings, Finding{
				What: "certificate", Name: name, OK: true, Warning: true,
				Detail: fmt.Sprintf("%s ends at %s; renew it, and a run reads the new one by itself", part.path, end.UTC().Format(time.RFC3339)),
			})
		}
	}
	return findings
}

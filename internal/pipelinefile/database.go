package pipelinefile

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// resolveDatabases makes the paths of SQLite databases relative to the pipeline
// file, as all paths in it are.
func (c *checker) resolveDatabases() {
	for _, s := range c.file.Sources {
		if s.SQL != nil && s.SQL.Driver == DriverSQLite {
			s.SQL.DSN = strictyaml.NewSecret(sqliteDSN(c.dir, s.SQL.DSN.Reveal()))
		}
	}
}

// sqliteDSN joins the path of a DSN with the folder dir of the pipeline file. A DSN is a path or a file: URI, either with
// parameters behind a question mark.
func sqliteDSN(dir, dsn string) string {
	path, query, _ := strings.Cut(dsn, "?")
	name, isURI := strings.CutPrefix(path, "file:")
	folder := filepath.ToSlash(filepath.Clean(dir))
	inMemory := strings.HasPrefix(name, ":memory:") || strings.Contains(query, "mode=memory")
	if name == "" || inMemory || filepath.IsAbs(name) || folder == "." {
		return dsn
	}
	if !isURI && !strings.Contains(folder, "?") {
		return folder + "/" + dsn
	}
	if !isURI {
		name = (&url.URL{Path: name}).EscapedPath()
	}
	return "file:" + (&url.URL{Path: folder}).EscapedPath() + "/" + name + strings.TrimPrefix(dsn, path)
}

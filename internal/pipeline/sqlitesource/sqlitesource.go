// Package sqlitesource adds databases of SQLite to the sources of the programs that import it.
package sqlitesource

import (
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipeline/sqlsource"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	_ "github.com/loaderline/loaderline/stages/sqllookup/sqlite" // The driver.
)

func init() { pipeline.RegisterSource(string(pipelinefile.DriverSQLite), sqlsource.Open) }

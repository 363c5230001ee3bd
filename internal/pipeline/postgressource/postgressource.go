// Package postgressource adds databases of PostgreSQL to the sources of the programs that import it.
package postgressource

import (
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipeline/sqlsource"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	_ "github.com/loaderline/loaderline/stages/sqllookup/postgres" // The driver.
)

func init() { pipeline.RegisterSource(string(pipelinefile.DriverPostgres), sqlsource.Open) }

// Package mysqlsource adds databases of MySQL and MariaDB to the sources of the programs that import it.
package mysqlsource

import (
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipeline/sqlsource"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	_ "github.com/loaderline/loaderline/stages/sqllookup/mysql" // The driver.
)

func init() { pipeline.RegisterSource(string(pipelinefile.DriverMySQL), sqlsource.Open) }

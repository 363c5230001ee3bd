package sqllookup_test

import (
	"testing"

	_ "github.com/loaderline/loaderline/stages/sqllookup/mysql" // The drivers.
	_ "github.com/loaderline/loaderline/stages/sqllookup/postgres"
	_ "github.com/loaderline/loaderline/stages/sqllookup/sqlite"
	"github.com/loaderline/loaderline/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

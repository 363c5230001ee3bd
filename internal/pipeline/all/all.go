// Package all adds all sources and cache tiers to the programs that import it.
package all

import (
	_ "github.com/loaderline/loaderline/internal/pipeline/disktier"       // cache.disk
	_ "github.com/loaderline/loaderline/internal/pipeline/filesource"     // sources.*.file
	_ "github.com/loaderline/loaderline/internal/pipeline/grpcsource"     // sources.*.grpc
	_ "github.com/loaderline/loaderline/internal/pipeline/httpsource"     // sources.*.http
	_ "github.com/loaderline/loaderline/internal/pipeline/inlinesource"   // sources.*.inline
	_ "github.com/loaderline/loaderline/internal/pipeline/mongosource"    // sources.*.mongodb
	_ "github.com/loaderline/loaderline/internal/pipeline/mysqlsource"    // sources.*.sql with driver: mysql
	_ "github.com/loaderline/loaderline/internal/pipeline/postgressource" // sources.*.sql with driver: postgres
	_ "github.com/loaderline/loaderline/internal/pipeline/redissource"    // sources.*.redis and cache.redis
	_ "github.com/loaderline/loaderline/internal/pipeline/sqlitesource"   // sources.*.sql with driver: sqlite
	_ "github.com/loaderline/loaderline/internal/pipeline/topicsource"    // sources.*.topic
)

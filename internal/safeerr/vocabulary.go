package safeerr

import "strings"

// vocabulary are the words of messages, in lower case. A missing word costs a word of a log. A word that could be a
// key must not be here.
var vocabulary = words(`
a absent access active address after aggregate all allowed alone already ambiguous an and another answer answered answers any are
argument arguments array as ask asked asks at authentication away
bad be because been before begins behind being below beside between bigint binary bit blob block blocked body boolean both bound bounds breaker
buffer busy by byte bytea bytes
call called calls came can canceled cancelled canceling cancelling cannot canonical capacity cast certificate changed char character characters
check class client clients closed cluster code coerce collation collations column columns command compare comparison complete composite
condition configuration configure configured conflict connect connection connections constraint contains conversion convert converted
corrupt could count crash create credentials current cursor cut
data database databases date datetime deadlock deadline decimal decode decompressed default degraded delete demands denied depth detected dictionary
did different digit digits dimension disabled disk distinct divided division do does domain double due duplicate duration
each element empty encode encoded encoding end ended ends entry enum error errors escape evaluated event events exceeded exceeds exception
exclusive execute execution exist exists expected expires expression external
failed failing failure family fatal feature field fields file filter finished float float4 float8 follow for foreign form format fraction free from full
function functions
gateway generated get gone greater group
had has have having header headers held hash hold holds host hour
i/o identifier if illegal implicit in incorrect index infinity input insert instance int int2 int4 int8 integer internal interrupted interval into
invalid inet is isolation it item items its
join json jsonb jsontext
kept key keys kind known
language large larger leads least left length less level library like limit line list little loaded loading local lock locked locks logic login
long longer longtext lookup lost lower
made malformed many match matched maximum mediumint memory message method minute misconfigured missing mix mode month more most moving multiple must
name named names nan needed needs negative nested network neither no none non not nothing nul null number numbers numeric
object objects of off offset on one only open operand operation operations operator option or order other out outage overflow
packet page parameter parameters parentheses parse part partition parts passed password path pattern payload permission permitted plan plugin point
pool position positive possible precision prepared primary privilege procedure process program prohibited property protected protocol proxy
query quoted quotes
range read readonly reached reading real reason recovery recursion redirect redis reference referenced references refused refuses relation relations
released relation remaining request requests required reset resource resources response restarts restricted result results retries retry returned
returns right rights role rollback routine row rows rule running
savepoint scale schema script second seconds segment select sent sequence serialize serializable server service session set shape share shut shutting
sign signed size slow small smaller smallint snapshot so some source space specification specified sql sqlstate stack stage stages standard start starting
state statement statements status still stopped storage stream string strings subquery subscript such surrogate syntax system
table tables takes temporary terminated terminating text than that the their them then there these they this time timed timeout times timestamp
timestamptz tinyint tls to token tokens tombstone too top trailing transaction transactions transient tried trigger truncated try trying tuple two type
types typed
undefined underlying unable unavailable unescaped unexpected union unique unit unknown unreachable unrecognized unsigned unsupported until unusable update up url
usable use used user uses utf8 utf-8 utf uuid
valid value values varchar varying vector version view violates violation
wait waited waiting waits want wanted was way week were what when where which while with within without words work write written wrong
year yet you zero zone
eof loaderline mysql postgresql sqlite sqlite_busy http https kafka panicked encoding
bad_request forbidden unauthorized acceptable found moved permanently entity unprocessable conflict precondition requested many
addresses allow belongs bool brackets but choose closing comes compressed content control declared document driver exact first followed
goes goroutine got here hex leave letter link lists looked looks makes max_keys metadata near never nor paths place port reads run same say says
scanned sets several single something speak stand stands those together told true trusted twice wants whole dsn
registry schemas records subject id guid registered register compatible html how may redirects sends
aborted already_exists data_loss deadline_exceeded failed_precondition grpc health implement internal invalid_argument not_found not_serving
out_of_range permission_denied reflection resource_exhausted unauthenticated unimplemented
wrongtype err noauth wrongpass noperm clusterdown masterdown tryagain moved ask readonly oom noscript misconf
`)

func words(text string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		all[word] = true
	}
	return all
}

package chaos

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

const (
	partitions = 4
	// processes is the most processes that a round can have.
	processes = 3
	// inputConfig lets records in that are too large for the output.
	inputConfig = "max.message.bytes=8388608"
)

// largestConfig is the configuration of the topics of outcomes.
var largestConfig = fmt.Sprint("max.message.bytes=", largest)

// setUp makes topics and a database, starts the checker and the processes.
func (r *Round) setUp(ctx context.Context) error {
	if err := errors.Join(os.RemoveAll(r.dir), os.MkdirAll(r.dir, 0o755)); err != nil {
		return err
	}
	name := slug(r.scenario.Name) + "-" + strings.ToLower(rand.Text()[:8])
	r.group, r.partitions = name, partitions
	var err error
	if r.site, err = r.world.site(ctx, r.scenario.Site); err != nil {
		return err
	}
	r.kafka = r.site.address
	if err := r.makeTopics(ctx, name); err != nil {
		return err
	}
	if r.scenario.Disk {
		if err := r.makeDisk(); err != nil {
			return err
		}
	}
	if err := r.makeDatabase(ctx); err != nil {
		return err
	}
	config := testenv.CheckerConfig{
		Kafka: r.kafka, Input: r.input, Output: r.output, Routes: r.routes, DeadLetters: r.dead, Group: r.group,
		LedgerConfig: testenv.LedgerConfig{AtLeastOnce: r.scenario.atLeastOnce(), AllowDeadLetter: r.scenario.allowDead, DeadInAnyOrder: r.scenario.Retry},
	}
	if err := r.fill(ctx, &config.LedgerConfig); err != nil {
		return err
	}
	if err := r.serveDatabase(ctx); err != nil {
		return err
	}
	checker, err := testenv.NewChecker(ctx, config)
	if err != nil {
		return err
	}
	r.judging = config
	r.checker.Store(checker)
	if err := r.makeLogin(ctx); err != nil {
		return err
	}
	text, err := r.pipeline()
	if err != nil {
		return err
	}
	r.file = filepath.Join(r.dir, "pipeline.yaml")
	if err := os.WriteFile(r.file, []byte(text), 0o600); err != nil {
		return err
	}
	for i := range processes {
		m := newMember(r, string(rune('a'+i)))
		m.listens(r.lane.http[i])
		r.members = append(r.members, m)
	}
	if err := r.muster(ctx); err != nil || r.scenario.Start == "" {
		return err
	}
	return r.awaitStart(ctx)
}

// awaitStart returns once the group has committed where it begins in each partition. A group that starts with the
// latest record may leave out earlier records.
func (r *Round) awaitStart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		_, all, err := testenv.Committed(ctx, r.kafka, r.group, r.input)
		if all && err == nil {
			return nil
		}
		if waitErr := pause(ctx, 100*time.Millisecond); waitErr != nil {
			return fmt.Errorf("waiting for the first offsets of group %s: %w", r.group, errors.Join(waitErr, err))
		}
	}
}

// makeTopics makes the topics of the pipeline.
func (r *Round) makeTopics(ctx context.Context, name string) error {
	create := func(of string, partitions int, config ...string) (string, error) {
		topic := name + "-" + of
		err := testenv.CreateTopic(ctx, r.kafka, topic, partitions, config...)
		if err == nil {
			r.topics = append(r.topics, topic)
		}
		return topic, err
	}
	var errs [4]error
	r.input, errs[0] = create("in", partitions, inputConfig)
	// The checker has read it long before: a long round would fill the disk.
	r.output, errs[1] = create("out", partitions, largestConfig, "retention.bytes=1073741824", "segment.bytes=134217728")
	r.dead, errs[2] = create("dead", partitions, largestConfig)
	if r.scenario.Changing && r.scenario.members() > 1 {
		r.changes, errs[3] = create("changes", 1)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if r.scenario.Split {
		for i, to := range routes {
			topic, err := create(to, partitions, routeConfig[i])
			if err != nil {
				return err
			}
			r.routes = append(r.routes, topic)
		}
	}
	if !r.scenario.Retry {
		return nil
	}
	for i := range retryDelays {
		topic, err := create(fmt.Sprint("retry-", i+1), partitions, inputConfig)
		if err != nil {
			return err
		}
		r.retries = append(r.retries, topic)
	}
	return nil
}

// fill fills the database, and says what must become of events.
func (r *Round) fill(ctx context.Context, judge *testenv.LedgerConfig) error {
	if r.scenario.Changing {
		v, err := newVersions(ctx, r)
		if err != nil {
			return err
		}
		r.versions, judge.Check = v, v.check
		r.source = newSource(r, accounts, v.event)
		return nil
	}
	if err := testenv.SeedShop(ctx, r.database.dsn, testenv.ShopConfig{Users: users, Products: users / 10}); err != nil {
		return err
	}
	oracle, err := testenv.LoadShopOracle(ctx, r.database.dsn)
	if err != nil {
		return err
	}
	judge.Oracle = oracle
	event := testenv.NewEvent
	switch {
	case r.scenario.Split:
		event, judge.Parts = split, r.parts
	case r.scenario.Poison:
		event = poisoned
	case r.scenario.Avro:
		if err := r.startRegistry(ctx); err != nil {
			return err
		}
		event, judge.Event = r.writers.event, r.writers.decode
	}
	// Some users are not there: their events are dead-lettered.
	r.source = newSource(r, users+r.scenario.strangers(), event)
	return nil
}

// tearDown ends everything that setUp began, and removes topics and database: a long run would fill the disk.
func (r *Round) tearDown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	for _, m := range r.members {
		m.close()
	}
	if r.twin != nil {
		r.twin.close()
	}
	errs := []error{r.releaseConnections(ctx), r.unmakeDisk(), r.abortForeign(ctx), r.stopRegistry()}
	if r.versions != nil {
		errs = append(errs, r.versions.close())
	}
	if r.source != nil {
		r.source.close()
	}
	if checker := r.checker.Load(); checker != nil {
		errs = append(errs, checker.Close())
	}
	if len(r.topics) > 0 {
		errs = append(errs, testenv.DeleteTopics(ctx, r.kafka, r.topics...))
	}
	return errors.Join(append(errs, r.database.close(ctx))...)
}

// slug is a name for files and topics.
func slug(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}), "-")
}

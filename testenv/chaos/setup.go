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
	// processes are those that a round can have at most.
	processes = 3
)

// setUp makes topics and a database, starts the checker and the processes.
func (r *Round) setUp(ctx context.Context) error {
	if err := errors.Join(os.RemoveAll(r.dir), os.MkdirAll(r.dir, 0o755)); err != nil {
		return err
	}
	name := slug(r.scenario.Name) + "-" + strings.ToLower(rand.Text()[:8])
	r.input, r.output, r.dead, r.group = name+"-in", name+"-out", name+"-dead", name
	large := fmt.Sprint("max.message.bytes=", largest)
	for topic, config := range map[string]string{r.input: "max.message.bytes=8388608", r.output: large, r.dead: large} {
		if err := testenv.CreateTopic(ctx, r.world.Kafka(), topic, partitions, config); err != nil {
			return err
		}
	}
	var err error
	if r.dsn, r.drop, err = testenv.CreateDatabase(ctx, r.world.postgres.Address()); err != nil {
		return err
	}
	config := testenv.CheckerConfig{
		Kafka: r.world.Kafka(), Input: r.input, Output: r.output, DeadLetters: r.dead, Group: r.group,
		LedgerConfig: testenv.LedgerConfig{AtLeastOnce: r.scenario.atLeastOnce(), AllowDeadLetter: r.scenario.allowDead},
	}
	if err := r.fill(ctx, &config.LedgerConfig); err != nil {
		return err
	}
	if r.checker, err = testenv.NewChecker(ctx, config); err != nil {
		return err
	}
	r.file = filepath.Join(r.dir, "pipeline.yaml")
	if err := os.WriteFile(r.file, []byte(r.pipeline()), 0o600); err != nil {
		return err
	}
	for i := range processes {
		r.members = append(r.members, newMember(r, string(rune('a'+i))))
	}
	for _, m := range r.members[:max(r.scenario.Members, 1)] {
		if err := m.start(ctx); err != nil {
			return err
		}
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
	if err := testenv.SeedShop(ctx, r.dsn, testenv.ShopConfig{Users: users, Products: users / 10}); err != nil {
		return err
	}
	oracle, err := testenv.LoadShopOracle(ctx, r.dsn)
	if err != nil {
		return err
	}
	judge.Oracle = oracle
	event := testenv.NewEvent
	if r.scenario.Poison {
		event = poisoned
	}
	// One in twenty users is not there: their events are dead-lettered.
	r.source = newSource(r, users+users/20, event)
	return nil
}

// tearDown ends everything that setUp began, and removes topics and database: a long run would fill the disk.
func (r *Round) tearDown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	for _, m := range r.members {
		m.close()
	}
	if r.versions != nil {
		errs = append(errs, r.versions.close())
	}
	if r.source != nil {
		r.source.close()
	}
	if r.checker != nil {
		errs = append(errs, r.checker.Close(), testenv.DeleteTopics(ctx, r.world.Kafka(), r.input, r.output, r.dead))
	}
	if r.drop != nil {
		errs = append(errs, r.drop(ctx))
	}
	return errors.Join(errs...)
}

// slug is a name for files and topics.
func slug(name string) string {
	return strings.Trim(strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c - 'A' + 'a'
		default:
			return '-'
		}
	}, name), "-")
}

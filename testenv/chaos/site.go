package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/testenv"
)

// Where the topics of a scenario can be, besides the one broker that is always there.
const (
	oneBroker    = ""
	threeBrokers = "three brokers"
	olderBroker  = "Kafka 3.9"
)

// loginAgain is the time after which a client has to give its password again.
const loginAgain = 5 * time.Second

// site is the brokers of one cluster.
type site struct {
	brokers []*testenv.Service
	cluster *testenv.KafkaCluster // nil of one broker
	address string                // past all proxies
}

func (w *World) startBroker(ctx context.Context, listeners []testenv.Listener) error {
	broker, err := testenv.StartKafka(ctx, testenv.KafkaConfig{Listeners: listeners})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sites[oneBroker] = &site{brokers: []*testenv.Service{broker}, address: broker.Address()}
	return nil
}

// site returns the brokers of that name, which it starts where nobody has asked for them before.
func (w *World) site(ctx context.Context, name string) (*site, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.sites[name]; s != nil {
		return s, nil
	}
	s := &site{}
	switch name {
	case threeBrokers:
		cluster, err := testenv.StartKafkaCluster(ctx, testenv.KafkaConfig{})
		if err != nil {
			return nil, err
		}
		s.cluster, s.brokers, s.address = cluster, cluster.Brokers, cluster.Address()
	case olderBroker:
		broker, err := testenv.StartKafka(ctx, testenv.KafkaConfig{Version: "3.9.1", Heap: "512m"})
		if err != nil {
			return nil, err
		}
		s.brokers, s.address = []*testenv.Service{broker}, broker.Address()
	default:
		return nil, fmt.Errorf("there are no brokers called %q", name)
	}
	w.sites[name] = s
	return s, nil
}

func (w *World) closeSites() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, s := range w.sites {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// repair restarts all brokers that are down.
func (s *site) repair(ctx context.Context) error {
	var starting errgroup.Group
	for _, b := range s.brokers {
		starting.Go(func() error {
			_ = b.Resume() // One that does not run says so.
			if err := b.Start(ctx); !errors.Is(err, testenv.ErrRunning) {
				return err
			}
			return nil
		})
	}
	return starting.Wait()
}

func (s *site) close() error {
	if s.cluster != nil {
		return s.cluster.Close()
	}
	return s.brokers[0].Close()
}

package instance_test

import (
	"errors"
	"testing"

	"github.com/loaderline/loaderline/internal/instance"
)

func TestOnHost(t *testing.T) {
	dir := t.TempDir()
	first, second := claim(t, dir, "orders"), claim(t, dir, "orders")
	if first.Name != "host" || second.Name != "host-2" {
		t.Fatalf("names %s and %s, want host and host-2", first.Name, second.Name)
	}
	if other := claim(t, dir, "payments"); other.Name != "host" {
		t.Errorf("another pipeline is %s, want host", other.Name)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if again := claim(t, dir, "orders"); again.Name != "host" {
		t.Errorf("after a release the name is %s, want host again", again.Name)
	}
}

func claim(t *testing.T, dir, pipeline string) *instance.Claim {
	t.Helper()
	c, err := instance.OnHost(dir, pipeline, "host")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Release(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestANameIsHeldOnce(t *testing.T) {
	dir := t.TempDir()
	first, err := instance.Named(dir, "orders", "../one")
	if err != nil {
		t.Fatal(err)
	}
	_, err = instance.Named(dir, "orders", "../one")
	if held, ok := errors.AsType[*instance.HeldError](err); !ok || held.Name != "../one" {
		t.Fatalf("the second claim says %v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := instance.Named(dir, "orders", "../one")
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderThatIsNotThere(t *testing.T) {
	_, err := instance.OnHost(t.TempDir()+"/nowhere", "orders", "host")
	if _, held := errors.AsType[*instance.HeldError](err); err == nil || held {
		t.Fatalf("got %v, want why the lock cannot be made", err)
	}
}

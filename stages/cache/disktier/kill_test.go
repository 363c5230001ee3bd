package disktier_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages/cache/disktier"
)

// childDir is the environment variable by which this test binary becomes the process that is killed.
const childDir = "DISKTIER_TEST_CHILD"

// invalidateUntilKilled sets keys, invalidates them, and says after each invalidation which it was.
func invalidateUntilKilled(dir string) {
	tier, err := disktier.OpenTier(disktier.Config{Dir: dir})
	if err != nil {
		fmt.Println("child:", err)
		os.Exit(1)
	}
	ctx := context.Background()
	for i := int64(1); ; i++ {
		key := strconv.FormatInt(i%10, 10)
		// Values larger than Pebble's buffer reach the file by themselves; an invalidation does not.
		padded := strconv.FormatInt(i, 10) + strings.Repeat(" ", int(i%5)*16<<10)
		tier.Set(ctx, space, []string{key}, []cachetier.Entry{entry(padded, time.Hour)})
		tier.Invalidate(ctx, space, []string{key})
		if i%3 == 0 {
			if err := tier.SavePositions(ctx, []cachetier.Position{{Topic: "changes", Offset: i}}); err != nil {
				fmt.Println("child:", err)
				os.Exit(1)
			}
		}
		fmt.Println(i)
	}
}

func TestKilledProcessLeavesNoInvalidatedValue(t *testing.T) {
	dir := t.TempDir()
	for round := range 8 {
		last := killedAfter(t, dir, 20+17*round)
		tier := open(t, disktier.Config{Dir: dir})
		if tier.Stats().Failures > 0 || !tier.Stats().Up {
			t.Error("what a killed process left cannot be opened")
		}
		for i := range 10 {
			v := value(t, tier, strconv.Itoa(i))
			if v == "" {
				continue
			}
			if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err != nil || n <= last {
				t.Errorf("round %d: key %d is %.20q, although it was invalidated before %d was said to be", round, i, v, last)
			}
		}
		positions, err := tier.Positions(t.Context())
		if err != nil || len(positions) != 1 || positions[0].Offset < last-last%3 {
			t.Errorf("round %d: positions %v, %v after %d", round, positions, err, last)
		}
		if err := tier.Clear(t.Context()); err != nil { // The next child counts from 1 again.
			t.Error(err)
		}
		closed(t, tier)
	}
}

// killedAfter runs a child until it has said so many lines, kills it, and gives the last number that it said.
func killedAfter(t *testing.T, dir string, lines int) (last int64) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := said.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		i, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			t.Fatalf("the child says %q", line)
		}
		last = i
		if n == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // It was killed.
	return last
}

func TestKilledProcessLeavesWhatItKept(t *testing.T) {
	dir := t.TempDir()
	tier := open(t, disktier.Config{Dir: dir})
	set(t, tier, "warm", "value")
	closed(t, tier)
	killedAfter(t, dir, 10)
	tier = open(t, disktier.Config{Dir: dir})
	defer closed(t, tier)
	expect(t, tier, "warm", "value")
}

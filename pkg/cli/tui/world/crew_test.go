package world

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/tui/feed"
)

// TestPanicBeside: a panic in a goroutine that a topic started ends the topic. It ended the
// process, and left the terminal raw.
func TestPanicBeside(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		topic  feed.Topic
		breaks func(*played)
	}{
		{"who delivers rows", feed.Owners{Kind: "Workload"}, sendBreaks},
		{"who delivers names", feed.Namespaces{}, sendBreaks},
		{"who counts the owners of blueprints", feed.Owners{Kind: "ClusterSupplyChain"}, func(p *played) {
			p.client.PrependReactor("list", "workloads", func(clienttesting.Action) (bool, runtime.Object, error) { panic("oops") })
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := play(t, workload(t, "a"))
			tc.breaks(p)
			p.world.Follow(1, tc.topic)
			if f, ok := p.last(1).(feed.Fault); !ok || !f.Final || !strings.Contains(f.Err.Error(), "a fault in this program: oops") {
				t.Errorf("%s: got %+v", tc.reason, p.last(1))
			}
		})
	}
}

// sendBreaks has what is delivered break, but for faults.
func sendBreaks(p *played) {
	synctest.Wait() // until the monitor has sent what it begins with
	send := p.world.send
	p.world.send = func(msg tea.Msg) {
		if d, ok := msg.(feed.Delivery); ok {
			if _, fault := d.Payload.(feed.Fault); !fault {
				panic("oops")
			}
		}
		send(msg)
	}
}

// TestMonitorPanic: a fault in asking the API server is told as a lost connection.
func TestMonitorPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := play(t)
		p.world.mu.Lock()
		p.world.cluster.Probe = func(context.Context) error { panic("oops") }
		p.world.cluster.Answers = &Answers{}
		p.world.watchConnection()
		p.world.mu.Unlock()
		synctest.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		if c, ok := p.sent[len(p.sent)-1].(feed.Connection); !ok || c.State != feed.Lost || c.Err == nil {
			t.Errorf("told %+v", p.sent)
		}
	})
}

func TestTogether(t *testing.T) {
	t.Parallel()
	first, second := errors.New("first"), errors.New("second")
	waits := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for _, tc := range []struct {
		reason string
		work   func(context.Context, *crew) error
		want   error
	}{
		{"the work is done", func(context.Context, *crew) error { return nil }, nil},
		{"the work fails", func(context.Context, *crew) error { return first }, first},
		{"a hand fails, and the work hears of it", func(ctx context.Context, c *crew) error {
			c.do(func() error { return first })
			return waits(ctx)
		}, first},
		{"a hand that ends with the work is no fault", func(_ context.Context, c *crew) error {
			c.do(func() error { return waits(c.ctx) })
			return second
		}, second},
	} {
		if err := together(t.Context(), tc.work); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", tc.reason, err)
		}
	}
}

// TestOneWayToSpawn: a goroutine that is started otherwise ends the process with its panic.
func TestOneWayToSpawn(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if name == "crew.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		positions := token.NewFileSet()
		file, err := parser.ParseFile(positions, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			method, _ := n.(*ast.SelectorExpr)
			if _, is := n.(*ast.GoStmt); is || method != nil && method.Sel.Name == "Go" {
				t.Errorf("%s: start goroutines by spawn, or crew.do", positions.Position(n.Pos()))
			}
			return true
		})
	}
}

package overview

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
)

// last is the message that was sent last, as T.
func last[T any](t *testing.T, d *screentest.Driver) T {
	t.Helper()
	var none T
	if len(d.Sent) == 0 {
		t.Fatalf("nothing was sent; want a %T", none)
	}
	msg, ok := d.Sent[len(d.Sent)-1].(T)
	if !ok {
		t.Fatalf("sent %#v; want a %T", d.Sent[len(d.Sent)-1], none)
	}
	return msg
}

// yes answers the question.
func yes(t *testing.T, d *screentest.Driver) screen.Ask {
	t.Helper()
	ask := last[screen.Ask](t, d)
	if ask.Yes == nil {
		t.Fatal("the question has no Yes")
	}
	act(ask.Yes)
	return ask
}

func writable(t *testing.T, rows ...feed.Row) *screentest.Driver {
	d := opened(t, 100, 20, rows...)
	d.Env.Write = true
	return d
}

func TestDelete(t *testing.T) {
	d := writable(t, shop()...).Press("j", "D")
	if len(d.World.Done) > 0 {
		t.Fatal("deleted without a question")
	}
	ask := yes(t, d)
	if ask.Title != "Delete workload payments/gateway?" || ask.Name != "gateway" {
		t.Errorf("one is named, and its name has to be typed: %#v", ask)
	}
	if want := []feed.Action{feed.Delete{Ref: shop()[5].Ref, UID: "uid-gateway"}}; !cmp.Equal(d.World.Done, want) {
		t.Error(cmp.Diff(want, d.World.Done))
	}
}

func TestDeleteMarked(t *testing.T) {
	d := writable(t, shop()...).Press("G", "space", "k", "space", "g", "D")
	ask := yes(t, d)
	if ask.Title != "Delete 2 workloads?" || ask.Name != "2" || !strings.Contains(ask.Text, "shop/checkout, shop/search. ") {
		t.Errorf("several are counted and listed, in order: %#v", ask)
	}
	if len(d.World.Done) != 2 {
		t.Errorf("both marks are deleted, not what is selected: %#v", d.World.Done)
	}
	d.Deliver(owners(""), feed.OwnersChanged{Gone: []feed.Key{{Namespace: "shop", Name: "search"}, {Namespace: "shop", Name: "checkout"}}})
	if strings.Contains(plainText(d.Screen.Status(d.Env)), "marked") {
		t.Error("marks of what is gone have to go")
	}
	d.Press("D")
	if ask := last[screen.Ask](t, d); ask.Name != "fraud-detection-with-a-rather-long-name" {
		t.Errorf("without marks it is about the selected one again: %#v", ask)
	}
}

func TestDeleteManyIsReadable(t *testing.T) {
	d := writable(t, many(40)...)
	for range 12 {
		d.Press("space", "j")
	}
	ask := last[screen.Ask](t, d.Press("D"))
	if !strings.Contains(ask.Text, "and 4 more. ") || ask.Name != "12" {
		t.Errorf("a dialog has no room for all names: %#v", ask)
	}
}

func TestDeleteHidden(t *testing.T) {
	d := writable(t, shop()...).Press("space", "/").Type("shop").Press("enter", "D")
	if ask := last[screen.Ask](t, d); !strings.Contains(ask.Text, "not among the rows that are shown") {
		t.Errorf("a mark that is out of sight is told: %#v", ask)
	}
	d.Press("space", "D")
	if ask := last[screen.Ask](t, d); !strings.Contains(ask.Text, "; 1 of them not among") {
		t.Errorf("so is one of several: %#v", ask)
	}
}

func TestRetryAndEdit(t *testing.T) {
	d := writable(t, shop()...).Press("r")
	if ask := yes(t, d); !strings.HasPrefix(ask.Title, "Retry workload payments/fraud") || ask.Name != "" {
		t.Errorf("retrying undoes nothing, so y is enough: %#v", ask)
	}
	d.Press("e")
	yes(t, d)
	ref := shop()[6].Ref
	if want := []feed.Action{feed.Retry{Owner: ref}, feed.Edit{Ref: ref}}; !cmp.Equal(d.World.Done, want) {
		t.Error(cmp.Diff(want, d.World.Done))
	}
}

// TestNothingToRetry: there is no question where no run can have failed.
func TestNothingToRetry(t *testing.T) {
	rows := []feed.Row{workload("shop", "a", feed.Ready), workload("shop", "b", feed.Ready), workload("shop", "c", feed.Failed)}
	d := writable(t, rows...).Press("r")
	if toast := last[screen.Toast](t, d); toast.Text != "nothing to retry: workload shop/a is ready" {
		t.Errorf("got %q", toast.Text)
	}
	d.Press("space", "j", "space", "r")
	if toast := last[screen.Toast](t, d); toast.Text != "nothing to retry: all 2 workloads are ready" {
		t.Errorf("got %q", toast.Text)
	}
	d.Press("j", "space", "r")
	if ask := yes(t, d); ask.Title != "Retry workload shop/c?" || len(d.World.Done) != 1 {
		t.Errorf("of those that are marked only what is not ready is retried: %#v", ask)
	}
}

// TestBlueprintKeys: the bottom line offers the graph of a blueprint, and nothing that only
// says why it is not there.
func TestBlueprintKeys(t *testing.T) {
	d := screentest.New(t, New(v1alpha1.KindClusterSupplyChain), 80, 24)
	ref := tree.Ref{Kind: v1alpha1.KindClusterSupplyChain, Name: "web"}
	d.Deliver(feed.Owners{Kind: v1alpha1.KindClusterSupplyChain}, feed.OwnersChanged{Changed: []feed.Row{{Ref: ref, State: feed.Ready, Owners: 1}}, Synced: true})
	hinted := map[keys.Action]bool{}
	for _, g := range d.Screen.Keys() {
		for _, b := range g.Bindings {
			hinted[b.Action] = hinted[b.Action] || b.Hint != ""
		}
	}
	for action, want := range map[keys.Action]bool{keys.Logs: false, keys.Events: false, keys.Retry: false, keys.Graph: true, keys.YAML: true, keys.Describe: true} {
		if hinted[action] != want {
			t.Errorf("%s is hinted: %t", action, hinted[action])
		}
	}
	d.Press("o")
	if push := last[screen.Push](t, d); push.Screen.Title() != "web" {
		t.Errorf("o opens %q", push.Screen.Title())
	}
}

func TestReadOnly(t *testing.T) {
	for _, key := range []string{"D", "r", "e", "a"} {
		d := opened(t, 80, 24, shop()...).Press(key)
		if toast := last[screen.Toast](t, d); !strings.Contains(toast.Text, "--write") {
			t.Errorf("%s without --write: %#v", key, toast)
		}
	}
}

// TestEveryKey: what help says that the screen does, it does or says why not, with rows
// and without.
func TestEveryKey(t *testing.T) {
	for _, kind := range kinds {
		for _, rows := range [][]feed.Row{nil, {{Ref: tree.Ref{Kind: kind, Name: "a"}, State: feed.Failed, Owners: -1}, {Ref: tree.Ref{Kind: kind, Name: "b"}, State: feed.Ready, Owners: -1}, {Ref: tree.Ref{Kind: kind, Name: "c"}, State: feed.Ready, Owners: -1}}} {
			for _, write := range []bool{false, true} {
				fresh := func() *screentest.Driver {
					d := screentest.New(t, New(kind), 80, 10)
					d.Env.Write = write
					d.Deliver(feed.Owners{Kind: kind}, feed.OwnersChanged{Changed: rows, Synced: true})
					// From the middle each direction leads to another row.
					return d.Press("j")
				}
				for _, g := range fresh().Screen.Keys() {
					for _, b := range g.Bindings {
						for _, key := range b.Keys {
							d := fresh()
							before, followed := picture(d), fmt.Sprint(d.World.Followed)
							d.Press(key)
							if len(rows) == 0 && (g.Name == keys.Move.Name || slices.Contains([]keys.Action{keys.Sort, keys.Reverse, keys.Wide}, b.Action)) {
								continue
							}
							if picture(d) == before && len(d.Sent) == 0 && fmt.Sprint(d.World.Followed) == followed {
								t.Errorf("%s, %d rows: %s (%s) does nothing and says nothing", kind, len(rows), key, b.Help)
							}
						}
					}
				}
			}
		}
	}
}

func TestOpen(t *testing.T) {
	d := opened(t, 80, 24, shop()...).Press("enter")
	last[screen.Push](t, d)

	chains := screentest.New(t, New(v1alpha1.KindClusterSupplyChain), 80, 24)
	topic := feed.Owners{Kind: v1alpha1.KindClusterSupplyChain}
	ref := tree.Ref{Kind: v1alpha1.KindClusterSupplyChain, Name: "web-chain"}
	chains.Deliver(topic, feed.OwnersChanged{Changed: []feed.Row{{Ref: ref, Owners: 6}}, Synced: true}).Press("enter")
	below := screentest.New(t, last[screen.Push](t, chains).Screen, 100, 24)
	if got := below.Screen.Title(); got != "workloads of web-chain" {
		t.Errorf("title %q", got)
	}
	below.Deliver(owners(""), feed.OwnersChanged{Changed: shop(), Synced: true})
	if got := below.View(); strings.Contains(got, "ledger") || !strings.Contains(got, "cart") {
		t.Errorf("only the owners of the blueprint are shown:\n%s", got)
	}
	moved := shop()[0]
	moved.Blueprint = "worker-chain"
	below.Deliver(owners(""), feed.OwnersChanged{Changed: []feed.Row{moved}})
	if got := below.View(); strings.Contains(got, "cart ") {
		t.Errorf("an owner that goes through another blueprint now has to leave:\n%s", got)
	}
	last[screen.Toast](t, below.Press("tab"))
}

func TestCopy(t *testing.T) {
	d := opened(t, 80, 24, shop()...).Press("G", "c")
	if toast := last[screen.Toast](t, d); toast.Text != "copied search" {
		t.Errorf("%#v", toast)
	}
	d.Press("space", "k", "space", "c")
	if toast := last[screen.Toast](t, d); toast.Text != "copied 2 names" {
		t.Errorf("%#v", toast)
	}
}

func TestNamespaces(t *testing.T) {
	d := opened(t, 80, 24, shop()...)
	if toast := last[screen.Toast](t, d.Press("1")); !strings.Contains(toast.Text, ":ns NAME") {
		t.Errorf("a digit without a namespace says where digits come from: %#v", toast)
	}
	d.Env.Recent = []string{"payments", "shop"}
	if got := last[screen.Namespace](t, d.Press("2")); got.Name != "shop" {
		t.Errorf("digits are those of the program: %#v", got)
	}
	goTo(d, "shop")
	if want := (feed.Owners{Kind: v1alpha1.KindWorkload, Namespace: "shop"}); len(d.World.Followed) != 1 || !slices.Contains(values(d.World.Followed), feed.Topic(want)) {
		t.Errorf("followed %#v, want only %#v", d.World.Followed, want)
	}
	d.Deliver(owners("shop"), feed.OwnersChanged{Changed: shop()[:2], Synced: true})
	if strings.Contains(d.View(), "NAMESPACE") {
		t.Error("a column that says the same in each row is left out")
	}
	if got := last[screen.Namespace](t, d.Press("0")); got.Name != "" {
		t.Errorf("0 is all: %#v", got)
	}
}

func TestKinds(t *testing.T) {
	d := opened(t, 80, 24, shop()...).Press("/").Type("cart").Press("enter", "ctrl+z", "tab")
	if got := d.Screen.Title(); got != "deliverables" {
		t.Errorf("tab goes to %q", got)
	}
	status := plainText(d.Screen.Status(d.Env))
	if !strings.Contains(status, "filter cart") || !strings.Contains(status, "only problems") || !strings.Contains(status, "0 deliverables so far, reading") {
		t.Errorf("filter and switches are kept, rows are not: %q", status)
	}
	for range len(kinds) - 1 {
		d.Press("tab")
	}
	if got := d.Screen.Title(); got != "workloads" || len(d.World.Followed) != 1 {
		t.Errorf("once around is %q, following %v", got, d.World.Followed)
	}
	d.Press("shift+tab")
	if got := d.Screen.Title(); got != "deliveries" {
		t.Errorf("the other way round goes to %q", got)
	}
	act(d.Screen.Close(d.Env))
	if len(d.World.Followed) != 0 {
		t.Errorf("a closed screen follows %v", d.World.Followed)
	}
}

func TestBack(t *testing.T) {
	d := opened(t, 80, 24, shop()...).Press("/").Type("cart").Press("enter", "space")
	back := func() bool { return d.Screen.(screen.Backer).Back(d.Env) }
	if !back() || strings.Contains(plainText(d.Screen.Status(d.Env)), "filter") || !strings.Contains(plainText(d.Screen.Status(d.Env)), "1 marked") {
		t.Errorf("first the filter goes: %q", d.Screen.Status(d.Env))
	}
	d.Press("ctrl+z")
	if !back() || strings.Contains(plainText(d.Screen.Status(d.Env)), "problems") || !strings.Contains(plainText(d.Screen.Status(d.Env)), "1 marked") {
		t.Errorf("then what is ready comes back: %q", d.Screen.Status(d.Env))
	}
	if !back() || strings.Contains(plainText(d.Screen.Status(d.Env)), "marked") {
		t.Errorf("then the marks: %q", d.Screen.Status(d.Env))
	}
	if back() {
		t.Error("then the screen")
	}
}

func values[K comparable, V any](m map[K]V) []V {
	var all []V
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

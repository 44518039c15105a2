package tui

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/rows"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
	"github.com/carto-run/carto/pkg/why"
)

// monkeys have a seed each, so that what one breaks can be broken again.
const monkeys, monkeySteps = 8, 250

// TestMonkey presses whatever there is on all the real screens, while the cluster delivers
// whatever there may be. Nothing breaks, no picture is larger than the terminal or steers
// it, and what was followed is given up.
func TestMonkey(t *testing.T) {
	t.Parallel()
	for seed := range monkeys {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			// In a bubble what waits for a tick takes no time.
			synctest.Test(t, func(t *testing.T) { newMonkey(t, uint64(seed)).play(monkeySteps) })
		})
	}
}

type monkey struct {
	*testing.T
	*rand.Rand
	m     *Model
	world *screentest.World
	// did is what was done last, to tell.
	did []string
}

func newMonkey(t *testing.T, seed uint64) *monkey {
	k := &monkey{T: t, Rand: rand.New(rand.NewPCG(seed, 1)), world: &screentest.World{Followed: map[feed.ID]feed.Topic{}}}
	o := options(func(o *Options) {
		o.World, o.Now, o.Theme = k.world, time.Now(), theme.Dark
		o.Unicode, o.Write = seed%2 == 0, seed%3 > 0
	})
	k.m = New(o)
	k.m.wait = func() tea.Cmd { return nil }
	k.run(k.m.Init(), 0)
	k.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	return k
}

func (k *monkey) play(steps int) {
	defer func() {
		if fault := recover(); fault != nil {
			k.Errorf("panic after %s", strings.Join(k.did, ", "))
			panic(fault)
		}
	}()
	for range steps {
		what, msg := k.next()
		k.did = append(k.did[max(0, len(k.did)-30):], what)
		k.send(msg)
		if k.Failed() {
			k.Fatalf("after %s", strings.Join(k.did, ", "))
		}
	}
	k.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	k.send(screen.Reset{Screen: k.m.overview("Workload")})
	if n := len(k.world.Followed); n != 3 { // the table, the namespaces and the contexts
		k.Errorf("%d topics are followed in the end: %v", n, k.world.Followed)
	}
}

// next is what happens next.
func (k *monkey) next() (string, tea.Msg) {
	switch n := k.IntN(100); {
	case n < 50:
		key := k.key()
		return key, screentest.Key(key)
	case n < 55:
		// What a person typed is shown as it is, but for what a line can not hold.
		text := strings.NewReplacer("\u202e", "", "\u2066", "").Replace(k.text())
		return fmt.Sprintf("paste %.20q", text), tea.PasteMsg{Content: text}
	case n < 62:
		mouse := tea.Mouse{X: k.IntN(90) - 2, Y: k.IntN(30) - 2, Button: tea.MouseLeft}
		return fmt.Sprintf("click %d,%d", mouse.X, mouse.Y), tea.MouseClickMsg(mouse)
	case n < 64:
		return "wheel", tea.MouseWheelMsg{X: k.IntN(80), Y: k.IntN(24), Button: pick(k, tea.MouseWheelDown, tea.MouseWheelUp)}
	case n < 68:
		size := pick(k, tea.WindowSizeMsg{Width: 80, Height: 24}, tea.WindowSizeMsg{Width: 1 + k.IntN(300), Height: 1 + k.IntN(80)}, tea.WindowSizeMsg{Width: 20, Height: 6})
		return fmt.Sprintf("size %dx%d", size.Width, size.Height), size
	case n < 71:
		return "a second", second(k.m.env.Now.Add(time.Duration(k.IntN(5)) * time.Second))
	case n < 73:
		c := feed.Connection{
			Context: pick(k, "kind-dev", "kind-dev", "kind-dev", k.text()), State: pick(k, feed.Live, feed.Lost, feed.Connecting), Since: k.time(), Answered: k.time(), Err: k.error(),
		}
		if before := k.m.env.Connection.Context; before != "" && c.Context != before {
			clear(k.world.Followed) // going over ends all that was followed
		}
		return "connection", c
	case n < 75:
		return "done", feed.Done{Action: k.action(), Text: k.text(), Err: k.error()}
	}
	ids := make([]feed.ID, 0, len(k.world.Followed))
	for id := range k.world.Followed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	id := ids[k.IntN(len(ids))]
	topic := k.world.Followed[id]
	payload := k.payload(topic)
	if k.IntN(20) == 0 {
		id = feed.ID(k.IntN(30)) // of a subscription that was given up, perhaps
	}
	return fmt.Sprintf("%T for %T %d", payload, topic, id), feed.Delivery{ID: id, Payload: payload}
}

// key is any that does something somewhere; those that open are pressed more often.
func (k *monkey) key() string {
	switch k.IntN(10) {
	case 0:
		return string(pick(k, []rune("abzqZ!-=@()[]{}\"'\\ é界👩")...))
	case 1, 2:
		return pick(k, "enter", "esc", "tab", "y", "enter", "esc")
	}
	group := keys.Groups[k.IntN(len(keys.Groups))]
	return pick(k, group.Bindings[k.IntN(len(group.Bindings))].Keys...)
}

// send has the program do one thing, and looks at the picture.
func (k *monkey) send(msg tea.Msg) { k.sendAt(msg, 0) }

func (k *monkey) sendAt(msg tea.Msg, depth int) {
	if depth > 100 {
		k.Fatalf("messages lead to messages without end, such as %T", msg)
	}
	if _, quits := msg.(tea.QuitMsg); quits {
		return // Bubble Tea takes it; the monkey goes on
	}
	_, cmd := k.m.Update(msg)
	k.run(cmd, depth+1)
	view := k.m.View()
	lines := strings.Split(view.Content, "\n")
	if k.m.width > 0 && len(lines) != k.m.height {
		k.Errorf("%d lines at a height of %d", len(lines), k.m.height)
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > k.m.width && k.m.width > 0 {
			k.Errorf("line %d is %d wide; there are %d: %q", i+1, w, k.m.width, line)
		}
		if steers(line) {
			k.Errorf("line %d steers the terminal: %q", i+1, line)
		}
	}
	if steers(view.WindowTitle) {
		k.Errorf("the title steers the terminal: %q", view.WindowTitle)
	}
}

// steers tells whether a line has more for the terminal to do than to colour text.
func steers(line string) bool {
	for {
		before, after, found := strings.Cut(line, "\x1b")
		if strings.ContainsFunc(before, func(c rune) bool { return c < ' ' || c >= 0x7f && c < 0xa0 || c >= 0x202a && c <= 0x202e }) {
			return true
		}
		if !found {
			return false
		}
		rest := strings.TrimLeft(after, "[0123456789;:")
		if !strings.HasPrefix(after, "[") || !strings.HasPrefix(rest, "m") {
			return true
		}
		line = rest[1:]
	}
}

func (k *monkey) run(cmd tea.Cmd, depth int) {
	if cmd == nil {
		return
	}
	msg := cmd()
	if list := reflect.ValueOf(msg); msg != nil && list.CanConvert(reflect.TypeFor[[]tea.Cmd]()) {
		for _, c := range list.Convert(reflect.TypeFor[[]tea.Cmd]()).Interface().([]tea.Cmd) {
			k.run(c, depth)
		}
		return
	}
	if msg != nil {
		k.sendAt(msg, depth)
	}
}

func pick[T any](k *monkey, of ...T) T { return of[k.IntN(len(of))] }

// text is one that somebody wrote, who may mean no good.
func (k *monkey) text() string {
	return pick(k,
		"", "a", "cart", "shop", "build", "fetch", "Ready", "two words", "a\nb\r\nc\td", "\x1b[2J\x1b[H", "\x1b]52;c;ZXZpbA==\x07", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "\u009b31m",
		"\u202eevil\u2066", "a\u200bb\u200d", "e"+strings.Repeat("\u0301", 60), "שלום עולם", "製品の名前がとても長い", "👩‍👩‍👧‍👦🏳️‍🌈", "\xff\xfe\xc3", "nul\x00\x7f\b\b\b",
		strings.Repeat("long ", 900), strings.Repeat("x", 3000), strings.Repeat("界", 700), strings.Repeat("line\n", 300), "- a: [b, {c: d}]\n  e: \"f\"\n", "'", `"`, "%s%d%!", "../../etc", "a/b", "-l a=b", "!",
	)
}

func (k *monkey) texts() map[string]string {
	all := map[string]string{}
	for range k.IntN(4) {
		all[k.text()] = k.text()
	}
	return all
}

func (k *monkey) error() error {
	return pick(k, nil, errors.New(k.text()), fmt.Errorf("cannot %s: %w", k.text(), errors.New("refused")))
}

func (k *monkey) time() time.Time {
	return pick(k, time.Time{}, k.m.env.Now, k.m.env.Now.Add(-time.Minute), k.m.env.Now.Add(time.Hour), k.m.env.Now.Add(-100000*time.Hour))
}

func (k *monkey) action() feed.Action {
	return pick[feed.Action](k, feed.Retry{Step: k.text()}, feed.Delete{Ref: k.ref(k.kind())}, feed.Edit{Ref: k.ref(k.kind())}, feed.Create{YAML: k.text(), Check: k.IntN(2) == 0}, feed.Use{Context: k.text()}, feed.Refresh{})
}

var owners = []string{"Workload", "Deliverable", "Runnable", "ClusterSupplyChain", "ClusterDelivery"}

func (k *monkey) kind() string { return pick(k, append(slices.Clone(owners), "Pod", k.text())...) }

func (k *monkey) ref(kind string) tree.Ref {
	return tree.Ref{
		APIVersion: pick(k, "carto.run/v1alpha1", "v1", k.text()), Kind: kind, Resource: pick(k, "", "workloads.carto.run", k.text()),
		Namespace: pick(k, "shop", "", k.text()), Name: pick(k, "cart", k.text()),
	}
}

// value is one of JSON, or nearly.
func (k *monkey) value(depth int) any {
	if depth > 3 {
		return k.text()
	}
	switch k.IntN(8) {
	case 0:
		return nil
	case 1:
		return int64(k.IntN(1000))
	case 2:
		return 1.5
	case 3:
		return k.IntN(2) == 0
	case 4, 5:
		all := map[string]any{}
		for range k.IntN(4) {
			all[k.text()] = k.value(depth + 1)
		}
		return all
	case 6:
		return []any{k.value(depth + 1), k.value(depth + 1)}
	}
	return k.text()
}

// object has what others may have put where something else belongs.
func (k *monkey) object() *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{}}
	u.SetAPIVersion(pick(k, "v1", "carto.run/v1alpha1", "apps/v1", k.text()))
	u.SetKind(k.kind())
	// Names of owners are those that the API server takes; others may have any.
	u.SetName(pick(k, "cart", strings.Repeat("n", 240)))
	u.SetNamespace(pick(k, "shop", strings.Repeat("n", 63)))
	if !slices.Contains(owners, u.GetKind()) {
		u.SetName(pick(k, "cart", k.text()))
		u.SetNamespace(pick(k, "shop", k.text()))
	}
	u.SetLabels(k.texts())
	u.SetAnnotations(k.texts())
	u.SetUID(types.UID(k.text()))
	u.SetCreationTimestamp(metav1.NewTime(k.time()))
	for range k.IntN(4) {
		u.Object[pick(k, "spec", "status", "data", "metadata", k.text())] = k.value(0)
	}
	if k.IntN(2) == 0 {
		u.Object["status"] = map[string]any{
			"conditions": pick[any](k, "none", []any{k.value(1), map[string]any{"type": "Ready", "status": k.text(), "message": k.text(), "lastTransitionTime": k.text()}}),
			"phase":      k.value(1), "resources": k.value(0),
		}
	}
	return u
}

func (k *monkey) conditions() []metav1.Condition {
	var all []metav1.Condition
	for range k.IntN(3) {
		all = append(all, metav1.Condition{
			Type: pick(k, "Ready", "Healthy", v1alpha1.ConditionResourceSubmitted, k.text()), Status: pick(k, metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown, metav1.ConditionStatus(k.text())),
			Reason: k.text(), Message: k.text(), LastTransitionTime: metav1.NewTime(k.time()),
		})
	}
	return all
}

func (k *monkey) found(depth int) *tree.Found {
	f := &tree.Found{Object: k.object(), Rule: tree.RuleOwnerReference}
	for range k.IntN(3) {
		if depth < 3 {
			f.Children = append(f.Children, k.found(depth+1))
		}
	}
	return f
}

// input is an owner with a blueprint of up to sixty steps, of which some are in circles, of
// the same name, or not there.
func (k *monkey) input(kind string, depth int) tree.Input {
	in := tree.Input{Now: k.time(), Root: k.found(1), Objects: map[string]*tree.Found{}}
	if strings.HasPrefix(kind, "Cluster") && depth == 0 {
		in.IsBlueprint = true
		chain := k.chain()
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(chain)
		if err != nil {
			k.Fatal(err)
		}
		in.Root.Object = &unstructured.Unstructured{Object: fields}
		for range k.IntN(4) {
			one := k.input("Workload", 1)
			in.Owners = append(in.Owners, &one)
		}
		return in
	}
	in.Owner = tree.Owner{Kind: pick(k, kind, kind, k.kind()), Object: metav1.ObjectMeta{Name: k.text(), Namespace: k.text(), Labels: k.texts(), CreationTimestamp: metav1.NewTime(k.time())}}
	in.Owner.Status.Conditions = k.conditions()
	in.Owner.Blueprint = v1alpha1.BlueprintRef{Kind: k.kind(), Name: k.text()}
	chain := k.chain()
	if k.IntN(4) > 0 {
		in.Blueprint = tree.FromSupplyChain(chain)
	}
	for i := range chain.Spec.Resources {
		name := chain.Spec.Resources[i].Name
		if k.IntN(3) > 0 {
			status := v1alpha1.ResourceStatus{Name: pick(k, name, name, name, k.text()), Conditions: k.conditions()}
			for range k.IntN(3) {
				status.Outputs = append(status.Outputs, v1alpha1.Output{Name: k.text(), Preview: k.text(), Digest: k.text(), LastTransitionTime: metav1.NewTime(k.time())})
			}
			if k.IntN(2) == 0 {
				status.StampedRef = &v1alpha1.StampedRef{ObjectReference: corev1.ObjectReference{APIVersion: k.text(), Kind: k.kind(), Namespace: k.text(), Name: k.text()}, Resource: k.text()}
			}
			in.Owner.Status.Resources = append(in.Owner.Status.Resources, status)
		}
		if k.IntN(3) == 0 {
			in.Objects[name] = k.found(1)
			if k.IntN(4) == 0 && depth < 2 {
				inner := k.input(pick(k, "Deliverable", "Runnable"), depth+1)
				in.Objects[name].Owner = &inner
			}
		}
	}
	return in
}

func (k *monkey) chain() *v1alpha1.ClusterSupplyChain {
	c := &v1alpha1.ClusterSupplyChain{ObjectMeta: metav1.ObjectMeta{Name: k.text()}}
	c.APIVersion, c.Kind = "carto.run/v1alpha1", "ClusterSupplyChain"
	c.Status.Conditions = k.conditions()
	c.Spec.Selector = k.texts()
	n := pick(k, 0, 1, 3, 6, 6, 60)
	name := func() string {
		return pick(k, fmt.Sprintf("step-%d", k.IntN(n+1)), fmt.Sprintf("step-%d", k.IntN(n+1)), k.text())
	}
	for i := range n {
		r := v1alpha1.SupplyChainResource{Name: pick(k, fmt.Sprintf("step-%d", i), fmt.Sprintf("step-%d", i), name())}
		r.TemplateRef.Kind, r.TemplateRef.Name = k.kind(), k.text()
		for range k.IntN(3) {
			ref := []v1alpha1.ResourceReference{{Name: k.text(), Resource: name()}}
			switch k.IntN(3) {
			case 0:
				r.Sources = append(r.Sources, ref...)
			case 1:
				r.Images = append(r.Images, ref...)
			default:
				r.Configs = append(r.Configs, ref...)
			}
		}
		c.Spec.Resources = append(c.Spec.Resources, r)
	}
	return c
}

func (k *monkey) why(ref tree.Ref) *why.Why {
	return &why.Why{
		Subject: ref, Sentence: k.text(), Verdict: pick(k, why.Ready, why.Waiting, why.Failed), Chain: []why.Link{{What: k.text(), Name: k.text(), Status: k.text(), Message: k.text()}},
		Events: []why.Event{{Reason: k.text(), Message: k.text()}}, Next: []string{k.text()}, Notes: []string{k.text(), k.text()}, Faults: []string{k.text()},
		Params: []why.StepParams{{Step: k.text(), Template: k.text(), Params: []why.Param{{Name: k.text(), Value: k.value(0), From: k.text()}}}, {}},
	}
}

// payload is what a topic may deliver; now and then what another would.
func (k *monkey) payload(topic feed.Topic) any {
	switch k.IntN(25) {
	case 0:
		return feed.Fault{Err: errors.New(k.text()), Final: k.IntN(2) == 0, Gone: k.IntN(2) == 0}
	case 1:
		return pick[any](k, nil, "text", feed.Snapshot{Tree: &tree.Tree{}}, feed.Manifest{Object: &unstructured.Unstructured{Object: map[string]any{}}}, feed.Names{}, feed.OwnersChanged{}, feed.LogLines{}, feed.RunsSeen{}, feed.VersionsSeen{}, feed.EventsSeen{})
	}
	switch of := topic.(type) {
	case feed.Owners:
		changed := feed.OwnersChanged{Synced: k.IntN(4) > 0, Reset: k.IntN(4) == 0}
		for range k.IntN(30) {
			obj := k.object()
			obj.SetKind(of.Kind)
			obj.SetNamespace(pick(k, "shop", strings.Repeat("n", 63)))
			obj.SetName(fmt.Sprintf("%s-%d", pick(k, "cart", strings.Repeat("n", 240)), k.IntN(9)))
			changed.Changed = append(changed.Changed, rows.Of(obj))
			if k.IntN(4) == 0 {
				changed.Gone = append(changed.Gone, feed.Key{Namespace: obj.GetNamespace(), Name: obj.GetName()})
			}
		}
		return changed
	case feed.Owner:
		in := k.input(of.Ref.Kind, 0)
		t := tree.Build(in)
		s := feed.Snapshot{Tree: t, Input: in, At: k.time()}
		if !in.IsBlueprint && k.IntN(4) > 0 {
			s.Why = pick(k, k.why(of.Ref), why.Build(t, why.Facts{Now: k.m.env.Now}))
		}
		return s
	case feed.Object:
		return feed.Manifest{Object: k.object()}
	case feed.Explained:
		return feed.Explanation{Why: k.why(of.Owner)}
	case feed.Events:
		seen := feed.EventsSeen{Synced: k.IntN(4) > 0}
		for i := range k.IntN(20) {
			seen.Events = append(seen.Events, feed.Event{UID: fmt.Sprint(i), Time: k.time(), Type: pick(k, "Warning", k.text()), About: k.text(), Step: k.text(), Reason: k.text(), Message: k.text(), Count: int64(k.IntN(9))})
		}
		return seen
	case feed.Logs:
		lines := feed.LogLines{Dropped: k.IntN(3), Note: k.text(), Ended: k.IntN(9) == 0}
		for range k.IntN(40) {
			lines.Lines = append(lines.Lines, feed.LogLine{Time: k.time(), Step: k.text(), Pod: k.text(), Container: k.text(), Message: k.text()})
		}
		return lines
	case feed.Runs:
		seen := feed.RunsSeen{}
		for range k.IntN(9) {
			seen.Runs = append(seen.Runs, feed.Run{Object: tree.Object{Ref: k.ref(k.kind()), Ready: tree.State{Status: k.text(), Reason: k.text(), Message: k.text()}}, Current: k.IntN(2) == 0, Ended: k.time()})
		}
		return seen
	case feed.Versions:
		seen := feed.VersionsSeen{Note: k.text()}
		for range k.IntN(5) {
			seen.Versions = append(seen.Versions, feed.Version{Name: k.text(), At: k.time(), Object: k.object()})
		}
		return seen
	case feed.Blueprints:
		known := feed.BlueprintsKnown{}
		for range k.IntN(4) {
			known.Blueprints = append(known.Blueprints, feed.Blueprint{Name: k.text(), Labels: k.texts(), Params: []feed.Param{{Name: k.text(), Default: k.text(), From: k.text()}, {Name: "a"}}})
		}
		return known
	}
	return feed.Names{Names: []string{"shop", k.text(), k.text()}, Current: k.text()}
}

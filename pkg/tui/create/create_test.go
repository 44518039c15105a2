package create

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

var known = feed.BlueprintsKnown{Blueprints: []feed.Blueprint{
	{Name: "java", Labels: map[string]string{v1alpha1.LabelWorkloadType: "java", "team": "shop"}, Ready: true, Params: []feed.Param{
		{Name: "ports", Default: "[{port: 8080}]", From: "step deploy"},
		{Name: "replicas", Default: "1", From: "step deploy"},
	}},
	{Name: "picky", Params: []feed.Param{{Name: "registry"}}},
	{Name: "web", Labels: map[string]string{v1alpha1.LabelWorkloadType: "web"}, Ready: true},
}}

// open shows the form, with the blueprints that there are.
func open(t *testing.T, width, height int) *screentest.Driver {
	t.Helper()
	d := screentest.New(t, New(), width, height, func(env *screen.Env) { env.Write, env.Namespace = true, "shop" })
	return d.Deliver(feed.Blueprints{}, known)
}

// fill types a whole workload: the form begins at its blueprint.
func fill(d *screentest.Driver) *screentest.Driver {
	d.Type("j").Press("tab").Type("cart").Press("tab", "tab", "tab")
	d.Type("https://github.com/acme/cart").Press("tab").Type("main")
	d.Press("tab", "tab", "tab", "tab", "tab").Type("3")
	return d
}

// made is the manifest that the form makes.
func made(d *screentest.Driver) string { return strings.Join(d.Screen.(*form).manifest, "\n") }

func golden(t *testing.T, name, got string) {
	t.Helper()
	screentest.Golden(t, name, got+"\n")
}

// TestGolden draws the form at several sizes and in several states.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		width, height int
		theme         *theme.Theme
		do            func(*screentest.Driver)
	}{
		{"empty-80x24.txt", 80, 24, nil, func(*screentest.Driver) {}},
		{"filled-80x24.txt", 80, 24, nil, func(d *screentest.Driver) { fill(d) }},
		{"manifest-80x24.txt", 80, 24, nil, func(d *screentest.Driver) { fill(d).Press("tab") }},
		{"filled-120x40.txt", 120, 40, nil, func(d *screentest.Driver) { fill(d) }},
		{"filled-300x50.txt", 300, 50, nil, func(d *screentest.Driver) { fill(d) }},
		{"faults-40x14.txt", 40, 14, nil, func(d *screentest.Driver) { d.Press("tab").Type("Cart").Press("ctrl+s") }},
		{"faults-ascii-120x30.txt", 120, 30, theme.New(theme.None, false), func(d *screentest.Driver) {
			d.Press("right", "tab").Type("cart").Press("shift+tab", "shift+tab").Type("{a: ").Press("ctrl+s")
		}},
		{"refused-120x30.txt", 120, 30, nil, func(d *screentest.Driver) {
			fill(d).Press("ctrl+s").Send(feed.Done{Action: d.World.Done[0], Err: apierrors.NewInvalid(
				schema.GroupKind{Group: "carto.run", Kind: "Workload"}, "cart", nil)})
		}},
		{"dark-120x40.ansi", 120, 40, theme.New(theme.Dark, true), func(d *screentest.Driver) { fill(d) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := open(t, tc.width, tc.height)
			if tc.theme != nil {
				d.Env.Theme = tc.theme
			}
			tc.do(d)
			got := d.View()
			if strings.HasSuffix(tc.name, ".ansi") {
				got = d.Screen.View(d.Env)
			}
			golden(t, tc.name, got)
		})
	}
}

// TestFlow fills in a workload, has it checked, says yes, and goes on to its screen.
func TestFlow(t *testing.T) {
	t.Parallel()
	d := fill(open(t, 120, 40)).Press("ctrl+s")
	want := `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  labels:
    apps.tanzu.vmware.com/workload-type: java
    team: shop
  name: cart
  namespace: shop
spec:
  params:
  - name: replicas
    value: 3
  source:
    git:
      ref:
        branch: main
      url: https://github.com/acme/cart
`
	check := feed.Create{YAML: want, Check: true}
	if len(d.World.Done) != 1 || d.World.Done[0] != feed.Action(check) {
		t.Fatalf("asked the API server for %#v", d.World.Done)
	}
	if d.Press("ctrl+s"); len(d.World.Done) != 1 {
		t.Error("a second check was asked for while the first one is under way")
	}
	d.Send(feed.Done{Action: feed.Create{YAML: "another", Check: true}})
	if len(d.Sent) != 0 {
		t.Errorf("the check of another manifest led to %#v", d.Sent)
	}
	d.Send(feed.Done{Action: check, Text: "fine"})
	ask, ok := d.Sent[len(d.Sent)-1].(screen.Ask)
	if !ok || ask.Title != "Create workload shop/cart?" || ask.Name != "" || !strings.Contains(ask.Text, "kind-dev") || !strings.Contains(ask.Text, "java") {
		t.Fatalf("asked %#v", d.Sent)
	}
	if ask.Yes(); d.World.Done[1] != feed.Action(feed.Create{YAML: want}) {
		t.Errorf("Yes does %#v", d.World.Done[1])
	}
	d.Press("tab", "tab").Type("-of-later") // into the name, when it is too late
	d.Sent = nil
	d.Send(feed.Done{Action: feed.Create{YAML: want}})
	if len(d.Sent) != 3 {
		t.Fatalf("at the end it sends %#v", d.Sent)
	}
	if _, ok := d.Sent[0].(screen.Pop); !ok {
		t.Errorf("first it sends %#v, want that it goes away", d.Sent[0])
	}
	if _, ok := d.Sent[1].(screen.Push); !ok {
		t.Errorf("then it sends %#v, want the screen of the workload", d.Sent[1])
	}
	if toast, ok := d.Sent[2].(screen.Toast); !ok || toast.Text != "created workload shop/cart" || toast.Bad {
		t.Errorf("last it sends %#v", d.Sent[2])
	}
}

// TestNotCreated: what keeps a workload from being created, and what is said then.
func TestNotCreated(t *testing.T) {
	t.Parallel()
	done := func(d *screentest.Driver, err error) {
		d.Send(feed.Done{Action: d.World.Done[len(d.World.Done)-1], Err: err})
	}
	workloads := schema.GroupResource{Group: "carto.run", Resource: "workloads"}
	for _, tc := range []struct {
		reason string
		do     func(*screentest.Driver)
		toast  string
		shown  string
	}{
		{"read-only", func(d *screentest.Driver) { d.Env.Write = false; fill(d).Press("ctrl+s") }, "--write", ""},
		{"a field is missing", func(d *screentest.Driver) { d.Press("ctrl+s") }, "2 fields are not right", "✗ a name is needed"},
		{"the name is taken", func(d *screentest.Driver) {
			fill(d).Press("ctrl+s")
			done(d, apierrors.NewAlreadyExists(workloads, "cart"))
		}, "nothing was created", "✗ there is a workload of this name already"},
		{"the namespace is not there", func(d *screentest.Driver) {
			fill(d).Press("ctrl+s")
			done(d, apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop"))
		}, "nothing was created", "✗ there is no such namespace"},
		{"a rule of the API, at the param that breaks it", func(d *screentest.Driver) {
			fill(d).Press("ctrl+s")
			err := apierrors.NewInvalid(schema.GroupKind{Group: "carto.run", Kind: "Workload"}, "cart", nil)
			err.ErrStatus.Details.Causes = []metav1.StatusCause{{Field: "spec.params[0].value", Message: "too many"}, {Field: "spec.params[7]"}, {Field: "elsewhere"}}
			done(d, err)
		}, "nothing was created", "✗ too many"},
		{"forbidden, with what would steer a terminal", func(d *screentest.Driver) {
			fill(d).Press("ctrl+s")
			done(d, errors.New("create workload: forbidden:\x1b[2J you may not"))
		}, "nothing was created", "forbidden:\uFFFD[2J you may not"},
		{"it is refused although the check went well", func(d *screentest.Driver) {
			fill(d).Press("ctrl+s")
			done(d, nil)
			d.Sent[len(d.Sent)-1].(screen.Ask).Yes()
			done(d, errors.New("quota is used up"))
		}, "nothing was created", "✗ quota is used up"},
		{"it was changed while it was checked", func(d *screentest.Driver) {
			fill(d).Press("ctrl+s").Type("0")
			done(d, nil)
		}, "it was changed", ""},
	} {
		d := open(t, 120, 40)
		tc.do(d)
		toast, ok := d.Sent[len(d.Sent)-1].(screen.Toast)
		if !ok || !toast.Bad && toast != screen.ReadOnly()() || !strings.Contains(toast.Text, tc.toast) {
			t.Errorf("%s: sends %#v, want a toast that says %q", tc.reason, d.Sent, tc.toast)
		}
		if view := d.View(); !strings.Contains(view, tc.shown) {
			t.Errorf("%s: %q is not shown:\n%s", tc.reason, tc.shown, view)
		}
	}
}

// TestRefusalGoes: what the API server said of a field is forgotten when that is changed.
func TestRefusalGoes(t *testing.T) {
	t.Parallel()
	d := fill(open(t, 120, 40)).Press("ctrl+s")
	d.Send(feed.Done{Action: d.World.Done[0], Err: apierrors.NewAlreadyExists(schema.GroupResource{Resource: "workloads"}, "cart")})
	if d.Type("2"); strings.Contains(d.View(), "of this name already") || !strings.Contains(made(d), "name: cart2") {
		t.Errorf("after the name was changed:\n%s", d.View())
	}
}

func TestLeave(t *testing.T) {
	t.Parallel()
	d := open(t, 80, 24).Press("tab", "tab", "esc")
	if _, ok := d.Sent[0].(screen.Pop); !ok {
		t.Errorf("nothing was typed; esc sends %#v", d.Sent)
	}
	d = open(t, 80, 24).Press("tab").Type("c").Press("esc")
	ask, ok := d.Sent[0].(screen.Ask)
	if !ok {
		t.Fatalf("something was typed; esc sends %#v", d.Sent)
	}
	if _, ok := ask.Yes().(screen.Pop); !ok {
		t.Error("yes does not leave")
	}
	// From the manifest esc only goes back to the fields, typed or not; q asks.
	for _, way := range []string{"up", "pgdown"} {
		d = open(t, 80, 24).Press("tab").Type("c").Press("shift+tab", way)
		if !strings.HasPrefix(d.View(), "manifest") {
			t.Fatalf("%s does not lead to the manifest:\n%s", way, d.View())
		}
		if d.Press(":", "?", "j"); len(d.Sent) > 0 || !d.Screen.Typing() {
			t.Error("keys that hold elsewhere could lose what was typed")
		}
		d.Press("q")
		if ask, ok := d.Sent[0].(screen.Ask); !ok {
			t.Errorf("q sends %#v", d.Sent)
		} else if _, ok := ask.Yes().(tea.QuitMsg); !ok {
			t.Error("yes does not quit")
		}
		d.Sent = nil
		if d.Press("esc"); len(d.Sent) > 0 || !strings.Contains(d.View(), "▸ blueprint") {
			t.Errorf("esc does not lead from the manifest to the fields:\n%s", d.View())
		}
	}
}

// TestFields: what keys, paste and mouse do to fields.
func TestFields(t *testing.T) {
	t.Parallel()
	params := func(d *screentest.Driver) { d.Type("wj").Press("shift+tab", "shift+tab") } // to ports of java, at 120 columns
	for _, tc := range []struct {
		reason string
		do     func(*screentest.Driver)
		want   string
	}{
		{"the namespace in use is there from the beginning", func(*screentest.Driver) {}, "namespace: shop"},
		{"letters that are keys elsewhere are text", func(d *screentest.Driver) { d.Press("tab").Type("q:?/jk") }, "name: q:?/jk"},
		{"keys of readline work in a text", func(d *screentest.Driver) { d.Press("tab").Type("cart").Press("ctrl+u").Type("shop") }, "name: shop"},
		{"enter goes on", func(d *screentest.Driver) { d.Press("enter", "enter", "enter").Type("worker") }, "workload-type: worker"},
		{"beyond the first field is the last one", func(d *screentest.Driver) { d.Type("n").Press("up").Type("robot") }, "serviceAccountName: robot"},
		{"a blueprint that selects by labels is chosen", func(*screentest.Driver) {}, "workload-type: java"},
		{"a choice goes around", func(d *screentest.Driver) { d.Press("left", "left") }, "workload-type: web"},
		{"space goes on too", func(d *screentest.Driver) { d.Press("space", "space") }, "workload-type: web"},
		{"a letter jumps", func(d *screentest.Driver) { d.Type("w") }, "workload-type: web"},
		{"a blueprint with more than labels sets none", func(d *screentest.Driver) { d.Type("p") }, "metadata:\n  name: \"\"\n"},
		{"unicode", func(d *screentest.Driver) { d.Press("tab", "tab", "tab").Type("größe") }, "workload-type: größe"},
		{"a paste", func(d *screentest.Driver) { d.Press("tab").Send(tea.PasteMsg{Content: " cart\n"}) }, "name: cart\n"},
		{"a paste with what steers terminals", func(d *screentest.Driver) { d.Press("tab").Send(tea.PasteMsg{Content: "ca\x1b[2J\u202ert"}) }, "name: ca[2Jrt\n"},
		{"a value of several lines, pasted", func(d *screentest.Driver) {
			params(d)
			d.Send(tea.PasteMsg{Content: "- port: 80\n  name: http\n"})
		}, "- name: ports\n    value:\n    - name: http\n      port: 80"},
		{"a value stays when another blueprint is looked at", func(d *screentest.Driver) {
			params(d)
			d.Type("[]").Press("tab", "tab").Type("wj")
		}, "- name: ports\n    value: []"},
		{"a click", func(d *screentest.Driver) {
			d.Send(tea.MouseClickMsg{X: 5, Y: 10, Button: tea.MouseLeft}).Type("img")
		}, "image: img"},
		{"the wheel", func(d *screentest.Driver) {
			d.Press("tab").Send(tea.MouseWheelMsg{X: 5, Y: 8, Button: tea.MouseWheelDown}).Send(tea.MouseWheelMsg{X: 90, Y: 8, Button: tea.MouseWheelDown}).Type("2")
		}, "namespace: shop2"},
	} {
		d := open(t, 120, 40)
		d.View()
		tc.do(d)
		if got := made(d) + "\n"; !strings.Contains(got, tc.want) {
			t.Errorf("%s: want %q in\n%s\n%s", tc.reason, tc.want, got, d.View())
		}
	}
}

// TestLongText: a text that is longer than its field is shown from where it begins, once it
// is typed.
func TestLongText(t *testing.T) {
	t.Parallel()
	d := open(t, 80, 24).Press("tab", "tab", "tab", "tab").Type("https://github.com/acme/" + strings.Repeat("a", 60) + "/cart")
	if view := d.View(); !strings.Contains(view, "/cart") {
		t.Errorf("what is typed is not in sight:\n%s", view)
	}
	if view := d.Press("tab").View(); !strings.Contains(view, "https://github.com/acme/") {
		t.Errorf("the beginning is not in sight:\n%s", view)
	}
	if d.Press("shift+tab").Type(".git"); !strings.Contains(made(d), "/cart.git") {
		t.Errorf("typing does not go on at the end:\n%s", made(d))
	}
}

// TestBlueprints that are not known leave a form that can be filled in.
func TestBlueprints(t *testing.T) {
	t.Parallel()
	d := screentest.New(t, New(), 120, 24)
	const reading = "the blueprints are being read"
	if view := d.View(); !strings.Contains(view, reading) {
		t.Errorf("it seems that there are none:\n%s", view)
	}
	d.Deliver(feed.Blueprints{}, feed.Fault{Err: errors.New("clustersupplychains is forbidden")})
	if view := d.View(); !strings.Contains(view, "clustersupplychains is forbidden") || strings.Contains(view, reading) {
		t.Errorf("not told:\n%s", view)
	}
	d.Press("right", "left", "tab").Type("cart")
	if !strings.Contains(made(d), "name: cart") {
		t.Error("the form can not be filled in")
	}
	// The only one that there is need not be chosen.
	d.Deliver(feed.Blueprints{}, feed.BlueprintsKnown{Blueprints: known.Blueprints[:1]})
	if !strings.Contains(made(d), "workload-type: java") {
		t.Errorf("the only blueprint is not chosen:\n%s", d.View())
	}
	d.Send(feed.Delivery{ID: 99, Payload: feed.BlueprintsKnown{}})
	if !strings.Contains(made(d), "workload-type: java") {
		t.Error("took what was for another screen")
	}
	_ = d.Screen.Close(d.Env)()
	if len(d.World.Followed) != 0 {
		t.Error("the subscription stays")
	}
}

// TestSizes: no size breaks it, and the field with the focus is always in sight.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, width := range []int{1, 2, 5, 13, 40, 79, 99, 100, 101, 300} {
		for _, height := range []int{1, 2, 5, 24} {
			d := open(t, width, height)
			d.Type("j").Press("ctrl+s")
			for range 14 {
				d.View()
				d.Press("tab").Type("購物車 👩‍👩‍👧 x")
			}
			d.Press("pgdown", "pgup")
			d.View()
		}
	}
	d := open(t, 80, 5)
	for i, label := range []string{"blueprint", "name", "namespace", "type", "repository", "branch", "tag", "image", "service account"} {
		if view := d.View(); !strings.Contains(view, "▸ "+label) {
			t.Errorf("field %d is not in sight:\n%s", i, view)
		}
		d.Press("tab")
	}
}

// TestKeys: each key that the form names does something in it.
func TestKeys(t *testing.T) {
	t.Parallel()
	for _, g := range New().Keys() {
		for _, b := range g.Bindings {
			for _, key := range b.Keys {
				d := open(t, 120, 7)
				if b.Action == keys.PageUp {
					d.Press("pgdown")
				}
				d.Type("j").Press("tab").Type("c")
				if b.Action == keys.Right {
					d.Press("left")
				}
				before := d.Screen.View(d.Env)
				d.Press(key)
				if d.Screen.View(d.Env) == before && len(d.Sent)+len(d.World.Done) == 0 {
					t.Errorf("%s does nothing", key)
				}
			}
		}
	}
}

func BenchmarkView(b *testing.B) {
	t := &testing.T{}
	d := fill(open(t, 200, 50))
	b.ReportAllocs()
	for b.Loop() {
		d.Type("x")
		_ = d.Screen.View(d.Env)
	}
}

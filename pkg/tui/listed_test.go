package tui

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/create"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/overview"
	"github.com/carto-run/carto/pkg/tui/owner"
	"github.com/carto-run/carto/pkg/tui/pane"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/why"
)

var cart = tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: v1alpha1.KindWorkload, Resource: "workloads.carto.run", Namespace: "shop", Name: "cart"}

// everyScreen that there is, by what it shows.
func everyScreen() map[string]func() screen.Screen {
	all := map[string]func() screen.Screen{
		"owner": func() screen.Screen { return owner.New(cart) }, "create": create.New,
		"owners of": func() screen.Screen {
			return overview.NewOf(tree.Ref{Kind: v1alpha1.KindClusterSupplyChain, Name: "web"})
		},
	}
	for _, kind := range []string{v1alpha1.KindWorkload, v1alpha1.KindDeliverable, v1alpha1.KindRunnable, v1alpha1.KindClusterSupplyChain, v1alpha1.KindClusterDelivery} {
		all[kind] = func() screen.Screen { return overview.New(kind) }
	}
	for _, action := range []keys.Action{keys.YAML, keys.Describe, keys.Why, keys.Params, keys.History, keys.Diff, keys.Logs, keys.Events} {
		all[string(action)] = func() screen.Screen {
			s, _ := pane.Open(action, pane.Target{Owner: cart, Step: "image", Ref: cart})
			return s
		}
	}
	return all
}

// many is more than there is room for.
const many = 40

// scene is a workload as it is read and explained. Screens share what they are given, so that
// it is made once.
type scene struct {
	object *unstructured.Unstructured
	shot   feed.Snapshot
}

var workload = sync.OnceValues(func() (scene, error) {
	data, err := os.ReadFile("rows/testdata/workload.yaml")
	if err != nil {
		return scene{}, err
	}
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(data, &object.Object); err != nil {
		return scene{}, err
	}
	decoded, err := tree.DecodeOwner(object)
	if err != nil {
		return scene{}, err
	}
	in := tree.Input{Owner: decoded, Root: &tree.Found{Object: object}}
	built := tree.Build(in)
	explained := why.Build(built, why.Facts{Now: screentest.Now})
	params := why.StepParams{Step: "image"}
	for i := range many {
		params.Params = append(params.Params, why.Param{Name: fmt.Sprintf("param-%02d", i), Value: "a value", From: "owner"})
	}
	explained.Params = []why.StepParams{params}
	return scene{object, feed.Snapshot{Tree: built, Input: in, Why: explained, At: screentest.Now}}, nil
})

// fed is what a topic delivers.
func fed(t *testing.T, topic feed.Topic) any {
	t.Helper()
	known, err := workload()
	if err != nil {
		t.Fatal(err)
	}
	switch topic := topic.(type) {
	case feed.Owners:
		out := feed.OwnersChanged{Synced: true}
		for i := range many {
			out.Changed = append(out.Changed, feed.Row{Ref: tree.Ref{Kind: topic.Kind, Name: fmt.Sprintf("row-%02d", i)}, State: []feed.State{feed.Ready, feed.Failed}[i%2], Owners: i, Blueprint: "web"})
		}
		return out
	case feed.Owner:
		return known.shot
	case feed.Explained:
		return feed.Explanation{Why: known.shot.Why}
	case feed.Object:
		return feed.Manifest{Object: known.object}
	case feed.Events:
		out := feed.EventsSeen{Synced: true}
		for i := range many {
			out.Events = append(out.Events, feed.Event{UID: fmt.Sprint(i), Time: screentest.Now, Type: "Normal", About: "Pod/cart", Reason: "Pulled", Message: strings.Repeat("pulled the image ", 20)})
		}
		return out
	case feed.Logs:
		out := feed.LogLines{}
		for i := range many {
			out.Lines = append(out.Lines, feed.LogLine{Time: screentest.Now, Pod: "cart", Container: "app", Message: fmt.Sprint(i, strings.Repeat(" served a request", 20))})
		}
		return out
	case feed.Runs:
		out := feed.RunsSeen{}
		for i := range many {
			out.Runs = append(out.Runs, feed.Run{Object: tree.Object{Ref: tree.Ref{Kind: "TaskRun", Namespace: "shop", Name: fmt.Sprintf("run-%02d", i)}}})
		}
		return out
	case feed.Versions:
		out := feed.VersionsSeen{}
		for i := range 3 {
			changed := known.object.DeepCopy()
			for line := range many {
				changed.Object[fmt.Sprintf("field-%02d", line)] = fmt.Sprint(i, strings.Repeat(" long", 30))
			}
			out.Versions = append(out.Versions, feed.Version{Name: fmt.Sprintf("generation %d", 3-i), At: screentest.Now, Object: changed})
		}
		return out
	case feed.Blueprints:
		return feed.BlueprintsKnown{Blueprints: []feed.Blueprint{{Name: "web", Ready: true}, {Name: "worker", Ready: true}}}
	}
	t.Fatalf("no screen is known to follow %#v", topic)
	return nil
}

// shown is a screen with all that it follows.
func shown(t *testing.T, s screen.Screen, width, height int, write bool, before ...string) *screentest.Driver {
	t.Helper()
	d := screentest.New(t, s, width, height, func(env *screen.Env) { env.Write, env.Recent = write, []string{"shop"} })
	for _, topic := range d.World.Followed {
		d.Deliver(topic, fed(t, topic))
	}
	for _, keys := range before {
		if rest, typed := strings.CutPrefix(keys, "="); typed {
			d.Type(rest)
			continue
		}
		d.Press(keys)
	}
	return d
}

// state is all that a key can change.
func state(d *screentest.Driver) string {
	return fmt.Sprint(d.Screen.View(d.Env), d.Screen.Status(d.Env), d.Screen.Title(), d.World.Followed, d.World.Done, len(d.Sent), d.Screen.Typing())
}

// unknown is what is said of an action that nobody knows.
const unknown = "there is nothing to show"

// TestListedKeysDoSomething: what `?` lists works, or says why not, from somewhere on the
// screen: at the top there is no way up, and what fits does not scroll.
func TestListedKeysDoSomething(t *testing.T) {
	t.Parallel()
	sizes := [][2]int{{140, 30}, {140, 6}, {30, 5}, {12, 3}}
	from := [][]string{nil, {"j"}, {"g"}, {"G"}, {"k", "k", "ctrl+u"}, {"pgdown"}, {"tab"}, {"right", "right"}, {"tab", "G"}, {"tab", "=2", "left"}}
	for name, begin := range everyScreen() {
		for _, write := range []bool{false, true} {
			for _, g := range begin().Keys() {
				for _, b := range g.Bindings {
					for _, key := range b.Keys {
						if keys.Match(key, begin().Keys()...) != b.Action {
							continue // a group before has it
						}
						works := slices.ContainsFunc(sizes, func(size [2]int) bool {
							return slices.ContainsFunc(from, func(before []string) bool {
								d := shown(t, begin(), size[0], size[1], write, before...)
								was := state(d)
								if state(d.Press(key)) == was {
									return false
								}
								return len(d.Sent) == 0 || !reflect.DeepEqual(d.Sent[len(d.Sent)-1], screen.Toast{Text: unknown})
							})
						})
						if !works {
							t.Errorf("%s, --write=%v: %s (%s) does nothing and says nothing", name, write, key, b.Help)
						}
					}
				}
			}
		}
	}
}

// TestUnlistedKeysDoNothing: nothing happens by a key of which `?` does not tell. Where text
// is typed, all keys are text.
func TestUnlistedKeysDoNothing(t *testing.T) {
	t.Parallel()
	all := map[string]bool{"delete": true, "backspace": true, "shift+enter": true, "ctrl+enter": true}
	for c := '!'; c <= '~'; c++ {
		all[string(c)] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		all["ctrl+"+string(c)] = true
	}
	for _, g := range keys.Groups {
		for _, b := range g.Bindings {
			for _, key := range b.Keys {
				all[key] = true
			}
		}
	}
	for name, begin := range everyScreen() {
		if name == "create" {
			continue
		}
		d := shown(t, begin(), 70, 12, true, "j")
		for key := range all {
			if keys.Match(key, d.Screen.Keys()...) != "" {
				continue
			}
			before := state(d)
			if state(d.Press(key)) != before {
				t.Errorf("%s: %s does something, and is not listed", name, key)
				d = shown(t, begin(), 70, 12, true, "j")
			}
		}
	}
}

// TestCloseLeavesNothing: whatever was done on a screen, and read for it, ends with it.
func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, begin := range everyScreen() {
		for _, before := range [][]string{nil, {"tab", "tab"}, {"p"}, {"t", "/", "=e"}} {
			d := shown(t, begin(), 70, 12, true, before...)
			d.Send(feed.Done{Action: feed.Refresh{}})
			d.Send(screen.Namespace{Name: "other"})
			if len(d.World.Followed) == 0 {
				t.Errorf("%s follows nothing", name)
			}
			if d.Close(); len(d.World.Followed) > 0 {
				t.Errorf("%s after %v leaves %v behind", name, before, d.World.Followed)
			}
		}
	}
}

package pane

import (
	"errors"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/why"
)

// TestHostile: what others write never steers the terminal, wherever it stands.
func TestHostile(t *testing.T) {
	t.Parallel()
	const evil = "a\x1b]0;title\x07\x1b[2J\r\nb\u202ec"
	ref := tree.Ref{Kind: evil, Namespace: evil, Name: evil}
	state := tree.State{Status: evil, Reason: evil, Message: evil}
	o := &unstructured.Unstructured{Object: map[string]any{
		"kind": evil, "metadata": map[string]any{"name": evil, "labels": map[string]any{evil: evil}, "annotations": map[string]any{"a": evil}},
		"status": map[string]any{evil: []any{evil}, "conditions": []any{map[string]any{"type": evil, "status": evil, "reason": evil, "message": evil}}},
	}}
	output := tree.Output{Name: evil, Preview: evil, Digest: evil}
	tr := &tree.Tree{
		Owner: tree.OwnerNode{Ref: ref, Ready: state, Healthy: state, Read: o, Source: &tree.Source{Git: evil}}, Blueprint: &ref,
		RootCause: &tree.RootCause{Step: evil, Reason: evil, Message: evil},
		Steps: []tree.Step{{Name: evil, Ready: state, Template: &ref, WaitsFor: []string{evil}, Object: &tree.Object{Ref: ref}, Outputs: []tree.Output{output},
			Inputs: []tree.StepInput{{Edge: tree.Edge{Name: evil, Type: evil, From: evil}, Values: []tree.Output{output}}}}},
		Runs: []tree.Object{{Ref: ref, Ready: state}}, Unread: []tree.Unread{{Verb: evil, Resource: evil, Message: evil}},
	}
	y := &why.Why{
		Subject: ref, Sentence: evil, Chain: []why.Link{{What: "step", Name: evil, Status: evil, Message: evil}}, Events: []why.Event{{Reason: evil, Message: evil}}, Next: []string{evil}, Notes: []string{evil},
		Params: []why.StepParams{{Step: evil, Template: evil, Params: []why.Param{{Name: evil, Value: evil, From: evil}}}}, Unread: tr.Unread,
	}
	payloads := []any{
		feed.Snapshot{Tree: tr, Why: y}, feed.Manifest{Object: o}, feed.Explanation{Why: y},
		feed.EventsSeen{Events: []feed.Event{{UID: "1", Type: evil, About: evil + "/" + evil, Reason: evil, Message: evil}}},
		feed.RunsSeen{Runs: []feed.Run{{Object: tree.Object{Ref: ref, Ready: state}}}},
		feed.VersionsSeen{Note: evil, Versions: []feed.Version{{Name: evil, Object: o}, {Name: evil + "2", Object: &unstructured.Unstructured{Object: map[string]any{"a": evil}}}}},
		feed.Fault{Err: errors.New(evil)}, feed.Fault{Err: errors.New(evil), Final: true},
	}
	owner := ref
	owner.Kind = "Workload"
	for _, action := range []keys.Action{keys.YAML, keys.Describe, keys.Why, keys.Params, keys.History, keys.Diff} {
		for _, target := range []Target{{Owner: owner, Step: evil, Ref: ref}, {Owner: owner, Step: evil, Ref: owner}} {
			s, reason := Open(action, target)
			if s == nil {
				t.Fatalf("%s: %s", action, reason)
			}
			d := screentest.New(t, s, 70, 60)
			for _, payload := range payloads {
				for id := range d.World.Followed {
					d.Send(feed.Delivery{ID: id, Payload: payload})
				}
				d.View()
				drawn := ansi.Strip(s.View(d.Env)) + s.Status(d.Env)
				raw := s.View(d.Env)
				if i := strings.IndexAny(strings.ReplaceAll(drawn, "\n", ""), "\x1b\x07\r\u202e"); i >= 0 || strings.Contains(raw, "\x1b]") || strings.Contains(raw, "\x1b[2J") {
					t.Fatalf("%s draws what steers a terminal: %q", action, raw)
				}
			}
		}
	}
}

package pane

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
	"github.com/carto-run/carto/pkg/yamldiff"
)

func newDiff(t Target) (screen.Screen, string) { return newDiffOf(t, "") }

// newDiffOf begins with the version of a name, such as a run; empty is the last one.
func newDiffOf(t Target, version string) (screen.Screen, string) {
	of, reason := stampedFor(t, "a difference is between two versions of what a step stamped")
	if reason != "" {
		return nil, reason
	}
	d := &difference{name: version}
	p := newText("diff", "What changed in what "+of+" stamped", d, feed.Versions{Owner: t.Owner, Step: t.Step})
	p.own, p.press, p.unmarked = []keys.Group{keys.DiffKeys}, d.press, true
	return p, ""
}

// stampedFor words who stamps, for panes about what comes of a step or of a Runnable.
func stampedFor(t Target, why string) (of, reason string) {
	switch {
	case t.Owner.Name == "":
		return "", named(t.Ref) + " belongs to no owner; " + why
	case t.Step != "":
		return "step " + t.Step + " of " + named(t.Owner), ""
	case t.Owner.Kind == v1alpha1.KindRunnable:
		return named(t.Owner), ""
	case v1alpha1.BlueprintKind(t.Owner.Kind) == "": // it is one itself, and has no steps to select
		return "", "open an owner that goes through the blueprint: " + why
	}
	return "", "select a step: " + why
}

// difference of two versions that follow each other.
type difference struct {
	versions []feed.Version
	note     string
	known    bool
	// name of the newer of the two; empty is the last version, also when there is a newer
	// one.
	name string

	// What was compared last: ticks do not compare it again.
	newer, older *feed.Version
	lines        []viewer.Line
}

func (d *difference) take(payload any) {
	if is, ok := payload.(feed.VersionsSeen); ok {
		d.versions, d.note, d.known = is.Versions, is.Note, true
	}
}

// at is the index of the newer version.
func (d *difference) at() int {
	return max(0, slices.IndexFunc(d.versions, func(v feed.Version) bool { return v.Name == d.name }))
}

func (d *difference) press(_ *screen.Env, action keys.Action) tea.Cmd {
	to := d.at() + 1
	if action == keys.Newer {
		to -= 2
	}
	switch {
	case to < 0:
		return screen.Send(screen.Toast{Text: "these are the last two versions"})
	case to+1 >= len(d.versions):
		return screen.Send(screen.Toast{Text: "no older version was seen"})
	case to == 0:
		d.name = ""
	default:
		d.name = d.versions[to].Name
	}
	return nil
}

func (d *difference) write(env *screen.Env, width int) page {
	var is page
	if !d.known {
		return is
	}
	at := d.at()
	if at+1 >= len(d.versions) {
		s := &sheet{env: env, width: width}
		s.say("", d.nothing(env.Now, at), viewer.Plain)
		is.lines = s.lines
		return is
	}
	if d.note != "" {
		is.notes = append(is.notes, viewer.Say(viewer.Faint, sentence(d.note)))
	}
	newer, older := &d.versions[at], &d.versions[at+1]
	is.notes = append(is.notes, viewer.Say(viewer.Removed, "- "+version(older, env.Now)).Say(viewer.Plain, "   ").
		Say(viewer.Added, "+ "+version(newer, env.Now)).Say(viewer.Faint, fmt.Sprintf("   pair %d of %d", at+1, len(d.versions)-1)))
	if d.newer != newer || d.older != older {
		d.newer, d.older, d.lines = newer, older, compare(older, newer, maskOf(env.Theme.Unicode))
	}
	is.lines = d.lines
	return is
}

// nothing says why there is no difference to show; the note of the feed says it best.
func (d *difference) nothing(now time.Time, at int) string {
	switch {
	case len(d.versions) == 0 && d.note != "":
		return sentence(d.note)
	case len(d.versions) == 0:
		return "Nothing has been stamped yet."
	case len(d.versions) == 1:
		known := sentence(d.note)
		if known == "" {
			known = "Only one version was seen."
		}
		return known + " It is " + version(&d.versions[0], now) + ". What differs is shown once there is another."
	}
	return "No version older than " + version(&d.versions[at], now) + " was seen."
}

func version(v *feed.Version, now time.Time) string {
	if v.At.IsZero() {
		return v.Name
	}
	return v.Name + ", " + screen.Age(now, v.At) + " ago"
}

func compare(older, newer *feed.Version, mask string) []viewer.Line {
	before, after := hidden(content(older), content(newer), mask)
	diff, err := yamldiff.Of(before, after)
	switch {
	case err != nil:
		return []viewer.Line{viewer.Say(viewer.Bad, "can not be compared: "+strings.TrimSpace(err.Error()))}
	case diff.Empty():
		return []viewer.Line{viewer.Say(viewer.Faint, "Nothing differs but what the API server keeps.")}
	}
	looks := map[yamldiff.Sign]viewer.Look{yamldiff.Added: viewer.Added, yamldiff.Removed: viewer.Removed, yamldiff.Gap: viewer.Faint}
	var lines []viewer.Line
	for _, l := range diff.Lines() {
		lines = append(lines, viewer.Say(looks[l.Sign], l.Text))
	}
	return lines
}

func content(v *feed.Version) map[string]any {
	if v.Object == nil {
		return nil
	}
	return v.Object.Object
}

// hidden masks the values of Secrets, and says of which keys they differ.
func hidden(before, after map[string]any, mask string) (shownBefore, shownAfter map[string]any) {
	shownBefore, _ = public(before, mask)
	shownAfter, secret := public(after, mask)
	if !secret {
		return shownBefore, shownAfter
	}
	for _, field := range []string{"data", "stringData"} {
		old, _ := before[field].(map[string]any)
		values, _ := after[field].(map[string]any)
		shown, _ := shownAfter[field].(map[string]any)
		for key, value := range values {
			if was, there := old[key]; there && !reflect.DeepEqual(was, value) {
				shown[key] = mask + " (changed)"
			}
		}
	}
	return shownBefore, shownAfter
}

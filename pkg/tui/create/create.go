// Package create is the form that creates a Workload: its fields, the params of the
// blueprint among them, and beside them the manifest that they make.
//
// The form is made of text inputs of bubbles. A library for whole forms was looked at: it
// brings keys and an order of its own, and is made for questions that are asked one after
// another, not for fields that come and go with the blueprint that is chosen.
package create

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/owner"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// New makes the form.
func New() screen.Screen { return &form{params: map[string]*field{}} }

type form struct {
	subscription feed.ID
	blueprints   []feed.Blueprint
	// heard is true once the blueprints came, or a reason why not; unknown is that reason.
	heard   bool
	unknown string

	blueprint *field
	// picked is true once a person chose a blueprint, or none.
	picked bool
	fixed  []*field
	// params keeps what was typed when another blueprint is chosen, and this one again.
	params map[string]*field
	at     int
	// page is true while the manifest has the screen for itself, where that is narrow.
	page bool

	// draft, manifest and faults follow from the fields.
	draft    Draft
	manifest []string
	faults   map[string]string
	// all faults are shown once a person wanted to create.
	all bool

	// checking is the manifest that the API server checks, asked the one about which the
	// person was asked; empty when none. The latter is called ref.
	checking, asked string
	ref             tree.Ref
	// refused is what the API server said, refusedAt what of it is about a field.
	refused   string
	refusedAt map[string]string

	// top rows of the fields and of the manifest; rows is the field of each row.
	top, manifestTop int
	rows             []int
}

func (f *form) Title() string { return "create a workload" }

func (f *form) Init(env *screen.Env) tea.Cmd {
	f.blueprint = newChoice(atBlueprint, "blueprint")
	f.fixed = []*field{
		f.blueprint,
		newText(atName, "name", "", ""),
		newText(atNamespace, "namespace", "", ""),
		newText(atType, "type", "", "label "+v1alpha1.LabelWorkloadType),
		newText(atRepository, "repository", "e.g. https://github.com/acme/cart", "URL of a git repository; or an image"),
		newText(atBranch, "branch", "e.g. main", ""),
		newText(atTag, "tag", "", ""),
		newText(atImage, "image", "e.g. registry.example.com/cart:1.0", "that was built already, instead of a repository"),
		newText(atServiceAccount, "service account", "(default)", "in whose name the objects are stamped"),
	}
	f.field(atNamespace).begin(first(env.Namespace, env.Connection.Namespace, "default"))
	f.name(nil)
	f.derive()
	f.subscription = env.NewID()
	return env.World.Follow(f.subscription, feed.Blueprints{})
}

func first(texts ...string) string {
	return texts[slices.IndexFunc(texts, func(s string) bool { return s != "" })]
}

// field of those that are always there.
func (f *form) field(at string) *field {
	return f.fixed[slices.IndexFunc(f.fixed, func(x *field) bool { return x.at == at })]
}

// fields in their order, those of the chosen blueprint last.
func (f *form) fields() []*field {
	all := slices.Clone(f.fixed)
	if b := f.chosen(); b != nil {
		for _, p := range b.Params {
			all = append(all, f.params[p.Name])
		}
	}
	return all
}

// chosen is nil when no blueprint is.
func (f *form) chosen() *feed.Blueprint {
	if i := f.blueprint.chosen; i > 0 {
		return &f.blueprints[i-1]
	}
	return nil
}

// name gives the choice its blueprints.
func (f *form) name(blueprints []feed.Blueprint) {
	f.blueprints = blueprints
	f.blueprint.choices, f.blueprint.chosen = []string{"none"}, 0
	for _, b := range blueprints {
		name := table.Cell(b.Name)
		if !b.Ready {
			name += " (not ready)"
		}
		f.blueprint.choices = append(f.blueprint.choices, name)
	}
}

func (f *form) Update(env *screen.Env, msg tea.Msg) tea.Cmd {
	defer f.derive()
	if f.page && wide(env) {
		f.leavePage()
	}
	switch msg := msg.(type) {
	case feed.Delivery:
		if msg.ID == f.subscription {
			f.delivered(msg.Payload)
		}
	case feed.Done:
		return f.done(env, msg)
	case tea.KeyPressMsg:
		return f.pressed(env, msg)
	case tea.PasteMsg:
		f.now().paste(msg.Content)
		f.changed()
	case tea.MouseClickMsg:
		if y := msg.Mouse().Y + f.top; !f.page && y >= 0 && y < len(f.rows) && msg.Mouse().X < formWidth(env) {
			f.goTo(f.rows[y])
		}
	case tea.MouseWheelMsg:
		step := 1
		if msg.Mouse().Button == tea.MouseWheelUp {
			step = -1
		}
		if f.page || msg.Mouse().X >= formWidth(env) {
			f.manifestTop += step
		} else if at := f.at + step; at >= 0 && at < len(f.fields()) {
			f.goTo(at)
		}
	}
	return nil
}

func (f *form) delivered(payload any) {
	f.heard = true
	switch p := payload.(type) {
	case feed.BlueprintsKnown:
		f.unknown = ""
		before := f.blueprint.choices[f.blueprint.chosen]
		f.name(p.Blueprints)
		for _, b := range p.Blueprints {
			for _, param := range b.Params {
				if f.params[param.Name] == nil {
					f.params[param.Name] = newText(atParam+param.Name, table.Cell(param.Name), "", "")
				}
			}
		}
		f.blueprint.chosen = max(0, slices.Index(f.blueprint.choices, before))
		if f.blueprint.chosen == 0 && !f.picked {
			f.blueprint.chosen = f.likely()
		}
		f.choose()
	case feed.Fault:
		f.unknown = "the blueprints can not be read"
		if p.Err != nil {
			f.unknown += ": " + table.OneLine(p.Err.Error())
		}
	}
}

// likely is the blueprint to begin with: one that a workload gets into by labels that can be
// written for it, rather one that is ready. Where there is only one, it is that.
func (f *form) likely() int {
	if len(f.blueprints) == 1 {
		return 1
	}
	if f.field(atType).value() != "" {
		return 0 // the type says another way which one
	}
	selects := func(b feed.Blueprint) bool { return len(b.Labels) > 0 }
	at := slices.IndexFunc(f.blueprints, func(b feed.Blueprint) bool { return selects(b) && b.Ready })
	if at < 0 {
		at = slices.IndexFunc(f.blueprints, selects)
	}
	return at + 1
}

// choose brings up to date what the chosen blueprint says of other fields.
func (f *form) choose() {
	b := f.chosen()
	kind := f.field(atType)
	kind.input.Placeholder = ""
	if last := len(f.fields()) - 1; f.at > last {
		f.at = last
		f.now().focus()
	}
	if b == nil {
		return
	}
	kind.input.Placeholder = unsaid(b.Labels[v1alpha1.LabelWorkloadType])
	for _, p := range b.Params {
		in := f.params[p.Name]
		in.note = "from " + table.Cell(p.From) + "; a value as YAML"
		if p.From == "" {
			in.note = "a value as YAML"
		}
		in.input.Placeholder = unsaid(p.Default)
	}
}

// unsaid is how a value that holds while nothing is typed stands in its field: not by
// colour alone another than one that was typed.
func unsaid(text string) string {
	if text = table.OneLine(text); text == "" {
		return ""
	}
	return "(" + text + ")"
}

func (f *form) now() *field { return f.fields()[f.at] }

func (f *form) goTo(at int) {
	f.now().leave()
	f.at = at
	f.now().focus()
}

// changed forgets what the API server said of a field, once that is another.
func (f *form) changed() { delete(f.refusedAt, f.now().at) }

func (f *form) pressed(env *screen.Env, msg tea.KeyPressMsg) tea.Cmd {
	action := keys.Match(msg.String(), f.Keys()...)
	switch action {
	case keys.Submit:
		return f.submit(env)
	case keys.Back:
		return f.leave(env)
	}
	if f.page {
		if keys.Match(msg.String(), keys.Global) == keys.Quit {
			return f.lose(env, "Quit?", tea.QuitMsg{})
		}
		f.turn(env, action)
		return nil
	}
	now := f.now()
	switch action {
	case keys.Next, keys.Previous:
		f.step(env, action)
	case keys.PageDown, keys.PageUp:
		if !wide(env) {
			now.leave()
			f.page = true
			return nil
		}
		f.turn(env, action)
	default:
		switch {
		case !now.isChoice():
			now.press(msg)
		case action == keys.Left:
			now.choose(-1)
		case action == keys.Right || msg.String() == "space":
			now.choose(1)
		default:
			now.jump(msg.Text)
		}
		f.picked = f.picked || now.isChoice() && len(now.choices) > 1
		f.choose()
		f.changed()
	}
	return nil
}

// step goes to the next field or to the one before; between the last and the first one is
// the manifest, where it is not beside them.
func (f *form) step(env *screen.Env, action keys.Action) {
	last := len(f.fields()) - 1
	switch {
	case action == keys.Next && f.at < last:
		f.goTo(f.at + 1)
	case action == keys.Previous && f.at > 0:
		f.goTo(f.at - 1)
	case !wide(env):
		f.now().leave()
		f.page, f.manifestTop = true, 0
		f.at = 0
		if action == keys.Next {
			f.at = last
		}
	case action == keys.Next:
		f.goTo(0)
	default:
		f.goTo(last)
	}
}

// turn moves in the manifest.
func (f *form) turn(env *screen.Env, action keys.Action) {
	switch action {
	case keys.Next:
		f.page, f.at = false, 0
		f.now().focus()
	case keys.Previous:
		f.page, f.at = false, len(f.fields())-1
		f.now().focus()
	case keys.PageDown:
		f.manifestTop += max(1, env.Height-2)
	case keys.PageUp:
		f.manifestTop -= max(1, env.Height-2)
	}
}

func (f *form) leavePage() {
	f.page = false
	f.now().focus()
}

func (f *form) leave(env *screen.Env) tea.Cmd {
	if f.page {
		f.leavePage()
		return nil
	}
	return f.lose(env, "Leave the form?", screen.Pop{})
}

// lose asks before what was typed is lost.
func (f *form) lose(env *screen.Env, title string, then tea.Msg) tea.Cmd {
	if !slices.ContainsFunc(f.fields(), (*field).touched) {
		return env.Send(then)
	}
	return env.Send(screen.Ask{Title: title, Text: "What was typed is lost; nothing was created.", Yes: screen.Send(then)})
}

// derive brings up to date what follows from the fields.
func (f *form) derive() {
	text := func(at string) string { return f.field(at).value() }
	d := Draft{
		Name: text(atName), Namespace: text(atNamespace), Type: text(atType),
		Repository: text(atRepository), Branch: text(atBranch), Tag: text(atTag), Image: text(atImage),
		ServiceAccount: text(atServiceAccount),
	}
	if b := f.chosen(); b != nil {
		d.Labels = b.Labels
		for _, p := range b.Params {
			d.Params = append(d.Params, Param{p.Name, f.params[p.Name].value()})
		}
	}
	f.draft, f.faults = d, d.Faults()
	f.manifest = strings.Split(strings.TrimSuffix(d.Manifest(), "\n"), "\n")
}

func (f *form) Keys() []keys.Group { return []keys.Group{keys.Form} }

func (f *form) Status(*screen.Env) string {
	switch {
	case f.checking != "":
		return "the API server checks it"
	case f.all && len(f.faults) > 0:
		return count(len(f.faults))
	}
	return ""
}

func count(faults int) string {
	if faults == 1 {
		return "1 field is not right"
	}
	return fmt.Sprintf("%d fields are not right", faults)
}

// Typing is true beside the manifest as well: what holds elsewhere, q and commands, would
// lose what was typed.
func (f *form) Typing() bool { return true }

func (f *form) Close(env *screen.Env) tea.Cmd { return env.World.Stop(f.subscription) }

// submit has the API server check the manifest.
func (f *form) submit(env *screen.Env) tea.Cmd {
	if !env.Write {
		return screen.ReadOnly()
	}
	f.all = true
	if len(f.faults) > 0 {
		f.page = false
		f.goTo(slices.IndexFunc(f.fields(), func(x *field) bool { return f.faults[x.at] != "" }))
		return screen.Send(screen.Toast{Text: count(len(f.faults)), Bad: true})
	}
	if f.checking != "" {
		return nil
	}
	f.refused, f.refusedAt = "", nil
	f.checking = f.draft.Manifest()
	return env.World.Do(feed.Create{YAML: f.checking, Check: true})
}

// done hears how the check, or the creation, ended.
func (f *form) done(env *screen.Env, msg feed.Done) tea.Cmd {
	made, ok := msg.Action.(feed.Create)
	if !ok {
		return nil
	}
	switch {
	case made.Check && f.checking != "" && made.YAML == f.checking:
		f.checking = ""
		if msg.Err != nil {
			return f.refuse(msg.Err)
		}
		if made.YAML != f.draft.Manifest() {
			return screen.Send(screen.Toast{Text: "it was changed while it was checked; check it again", Bad: true})
		}
		f.asked, f.ref = made.YAML, tree.Ref{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindWorkload, Resource: tree.OwnerResource(v1alpha1.KindWorkload),
			Namespace: f.draft.Namespace, Name: f.draft.Name,
		}
		return env.Send(screen.Ask{
			Title: "Create workload " + f.ref.Namespace + "/" + f.ref.Name + "?",
			Text:  f.says(env),
			Yes:   env.World.Do(feed.Create{YAML: made.YAML}),
		})
	case !made.Check && f.asked != "" && made.YAML == f.asked:
		f.asked = ""
		if msg.Err != nil {
			return f.refuse(msg.Err)
		}
		return f.created(env, msg.Text)
	}
	return nil
}

// says what will happen.
func (f *form) says(env *screen.Env) string {
	text := "The API server accepts it"
	if env.Connection.Context != "" {
		text += " in " + table.Cell(env.Connection.Context)
	}
	if b := f.chosen(); b != nil {
		return text + ". It goes through " + table.Cell(b.Name) + "."
	}
	return text + ". It goes through the blueprint that selects it."
}

// created goes on to the screen of the workload.
func (f *form) created(env *screen.Env, text string) tea.Cmd {
	if text == "" {
		text = "created workload " + f.ref.Namespace + "/" + f.ref.Name
	}
	env.Send(screen.Pop{})
	env.Send(screen.Push{Screen: owner.New(f.ref)})
	return env.Send(screen.Toast{Text: text})
}

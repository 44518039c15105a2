package get

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/table"
)

// parallel bounds the requests in flight.
const parallel = 8

// use is what a blueprint is made of and who goes through it.
type use struct {
	// templates hold nil for one that does not exist.
	templates map[blueprint.TemplateUse]*stamp.Template
	// owners went through the blueprint last.
	owners []*noun.Item
	// unknown templates could not be read.
	unknown map[blueprint.TemplateUse]bool
	// ownersUnknown is true when the owners could not be read.
	ownersUnknown bool
	// unread says what could not be read, and why.
	unread []string
}

// readUse reads the templates of a blueprint and its owners. What can not be read costs
// one section, and is named.
func (o *Options) readUse(ctx context.Context, client dynamic.Interface, b *blueprint.Blueprint) (*use, error) {
	uses := b.Templates()
	compiled, faults := make([]*stamp.Template, len(uses)), make([]error, len(uses)+1)
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, t := range uses {
		group.Go(func() error {
			compiled[i], faults[i] = readTemplate(gctx, client, t)
			return gctx.Err()
		})
	}
	u := &use{templates: map[blueprint.TemplateUse]*stamp.Template{}, unknown: map[blueprint.TemplateUse]bool{}}
	group.Go(func() error {
		u.owners, faults[len(uses)] = o.readOwners(gctx, client, b)
		return gctx.Err()
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, t := range uses {
		u.templates[t], u.unknown[t] = compiled[i], faults[i] != nil
		if faults[i] != nil {
			u.tell(cmdutil.Explain(o.Program, fmt.Sprintf("read %s %s", t.Kind, t.Name), faults[i]))
		}
	}
	if err := faults[len(uses)]; err != nil {
		u.ownersUnknown = true
		u.tell(err)
	}
	return u, nil
}

// tell notes a fault once: steps may share a template.
func (u *use) tell(err error) {
	if text := table.OneLine(err.Error()); !slices.Contains(u.unread, text) {
		u.unread = append(u.unread, text)
	}
}

func (o *Options) readOwners(ctx context.Context, client dynamic.Interface, b *blueprint.Blueprint) ([]*noun.Item, error) {
	n := noun.OfKind(b.OwnerKind())
	objects, err := n.List(ctx, client, o.Program, metav1.NamespaceAll, "")
	if err != nil {
		return nil, err
	}
	var owners []*noun.Item
	for i := range objects {
		item, err := n.Decode(&objects[i])
		if err != nil {
			return nil, err
		}
		if item.UsedBlueprint() == b.Name {
			owners = append(owners, item)
		}
	}
	return owners, nil
}

func readTemplate(ctx context.Context, client dynamic.Interface, use blueprint.TemplateUse) (*stamp.Template, error) {
	kind := noun.TemplateKindOf(use.Kind)
	if kind == nil {
		return nil, nil
	}
	typed, err := kind.Read(ctx, client, use.Name)
	if typed == nil || err != nil {
		return nil, err
	}
	return stamp.Compile(typed), nil
}

// blueprintSections are those of a supply chain or a delivery.
func (o *Options) blueprintSections(v *view) []section {
	b := v.item.Blueprint
	account := "default, of the owner's namespace"
	if b.ServiceAccount.Name != "" {
		account = b.ServiceAccount.Name
		if b.ServiceAccount.Namespace != "" {
			account = b.ServiceAccount.Namespace + "/" + account
		}
	}
	faults := section{key: "faults", title: "Faults", optional: true}
	for _, d := range b.Diagnostics {
		faults.lines = append(faults.lines, table.OneLine(string(d.Severity)+": "+d.String()))
	}
	return []section{
		o.overview(v, []string{"selects:", b.Selector.String()}, []string{"service account:", account}),
		blueprintSteps(b, v.use), params(b, v.use.templates), owners(b.OwnerKind(), v.use), faults,
		{key: "messages", title: "Messages", lines: conditionMessages(v.item.Status.Conditions, v1alpha1.ConditionReady)},
	}
}

// blueprintSteps has a row for each step in the order of work, and one for each of its
// options.
func blueprintSteps(b *blueprint.Blueprint, u *use) section {
	s := section{key: "steps", title: "Steps", titles: []string{"STEP", "INPUTS", "KIND", "TEMPLATE", "WHEN"}}
	for _, r := range b.Order {
		inputs := make([]string, len(r.Inputs))
		for i, in := range r.Inputs {
			inputs[i] = in.From
			if in.Name != "" && in.Name != in.From {
				inputs[i] = in.Name + ":" + in.From
			}
		}
		row := []string{r.Name, cmdutil.Dash(strings.Join(inputs, ",")), r.TemplateKind}
		if len(r.Options) == 0 {
			s.rows = append(s.rows, append(row, r.TemplateName+u.missing(r, r.TemplateName), "-"))
			continue
		}
		for i, o := range r.Options {
			if i > 0 {
				row = []string{"", "", ""}
			}
			s.rows = append(s.rows, append(slices.Clip(row), o.String()+u.missing(r, o.Name), o.Selector.String()))
		}
	}
	return s
}

func (u *use) missing(r *blueprint.Resource, name string) string {
	switch t := (blueprint.TemplateUse{Resource: r.Name, Kind: r.TemplateKind, Name: name}); {
	case name == "" || u.templates[t] != nil:
		return ""
	case u.unknown[t]:
		return " (not read)"
	}
	return " (missing)"
}

// params has a row for each param of each step: its value when the owner says nothing,
// where that comes from, and whether the owner may say otherwise.
func params(b *blueprint.Blueprint, templates map[blueprint.TemplateUse]*stamp.Template) section {
	s := section{key: "params", title: "Params", titles: []string{"STEP", "PARAM", "VALUE", "FROM", "MAY BE SET BY"}}
	seen := map[string]bool{}
	add := func(r *blueprint.Resource, template *stamp.Template) {
		var defaults []stamp.Param
		if template != nil {
			defaults = template.Params
		}
		resolved := blueprint.ResolveParams(defaults, b, r, nil)
		for _, name := range slices.Sorted(maps.Keys(resolved)) {
			p := resolved[name]
			by := "owner"
			if p.Locked {
				by = "nobody else"
			}
			row := []string{r.Name, name, value(p.Value), string(p.Origin), by}
			if key := strings.Join(row, "\x00"); !seen[key] {
				seen[key] = true
				s.rows = append(s.rows, row)
			}
		}
	}
	for _, r := range b.Order {
		if len(r.Options) == 0 {
			add(r, templates[blueprint.TemplateUse{Resource: r.Name, Kind: r.TemplateKind, Name: r.TemplateName}])
		}
		for _, o := range r.Options {
			if o.Name != "" {
				add(r, templates[blueprint.TemplateUse{Resource: r.Name, Kind: r.TemplateKind, Name: o.Name}])
			}
		}
	}
	return s
}

func value(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if text := []rune(string(encoded)); len(text) > maxValue {
		return string(text[:maxValue]) + "..."
	}
	return string(encoded)
}

// title counts the owners by their health.
func title(kind string, owners []*noun.Item) string {
	counts := map[metav1.ConditionStatus]int{}
	for _, o := range owners {
		counts[o.Ready().Status]++
	}
	plural := noun.OfKind(kind).Plural
	return fmt.Sprintf("%s (%d ready, %d failed, %d waiting)", strings.ToUpper(plural[:1])+plural[1:],
		counts[metav1.ConditionTrue], counts[metav1.ConditionFalse], counts[metav1.ConditionUnknown])
}

// maxOwners is how many owners are listed; there can be thousands.
const maxOwners = 20

// owners lists what failed first, then what waits, then what is ready.
func owners(kind string, u *use) section {
	if u.ownersUnknown {
		plural := noun.OfKind(kind).Plural
		return section{key: "owners", title: strings.ToUpper(plural[:1]) + plural[1:], nothing: "not known"}
	}
	s := section{key: "owners", title: title(kind, u.owners), titles: []string{"NAMESPACE", "NAME", "READY", "REASON"}}
	rank := map[metav1.ConditionStatus]int{metav1.ConditionFalse: 0, metav1.ConditionUnknown: 1, metav1.ConditionTrue: 2}
	slices.SortStableFunc(u.owners, func(a, b *noun.Item) int {
		return cmp.Or(rank[a.Ready().Status]-rank[b.Ready().Status], strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name))
	})
	for i, owner := range u.owners {
		if i == maxOwners {
			s.lines = append(s.lines, fmt.Sprintf("and %d more", len(u.owners)-i))
			break
		}
		ready := owner.Ready()
		s.rows = append(s.rows, []string{owner.Namespace, owner.Name, string(ready.Status), cmdutil.Dash(ready.Reason)})
	}
	return s
}

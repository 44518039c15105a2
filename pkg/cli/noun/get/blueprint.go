package get

import (
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
)

// parallel bounds the requests in flight.
const parallel = 8

// readUse reads the templates of a blueprint, nil for one that does not exist, and the
// owners that went through it last.
func (o *Options) readUse(ctx context.Context, client dynamic.Interface, b *blueprint.Blueprint) (map[blueprint.TemplateUse]*stamp.Template, []*noun.Item, error) {
	uses := b.Templates()
	compiled := make([]*stamp.Template, len(uses))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, use := range uses {
		group.Go(func() (err error) {
			compiled[i], err = readTemplate(gctx, client, use)
			if err != nil {
				return cmdutil.Explain(o.Program, fmt.Sprintf("read %s %s", use.Kind, use.Name), err)
			}
			return nil
		})
	}
	var owners []*noun.Item
	group.Go(func() error {
		n := noun.OfKind(b.OwnerKind())
		objects, err := n.List(gctx, client, o.Program, metav1.NamespaceAll, "")
		if err != nil {
			return err
		}
		for i := range objects {
			item, err := n.Decode(&objects[i])
			if err != nil {
				return err
			}
			if item.UsedBlueprint() == b.Name {
				owners = append(owners, item)
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	templates := make(map[blueprint.TemplateUse]*stamp.Template, len(uses))
	for i, use := range uses {
		templates[use] = compiled[i]
	}
	return templates, owners, nil
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

// blueprint shows a supply chain or a delivery.
func (s *sections) blueprint(b *blueprint.Blueprint, templates map[blueprint.TemplateUse]*stamp.Template, owners []*noun.Item) {
	account := "default, of the owner's namespace"
	if b.ServiceAccount.Name != "" {
		account = b.ServiceAccount.Name
		if b.ServiceAccount.Namespace != "" {
			account = b.ServiceAccount.Namespace + "/" + account
		}
	}
	s.overview([]string{"selects:", b.Selector.String()}, []string{"service account:", account})
	s.section("Steps", blueprintSteps(b, templates)...)
	s.section("Params", params(b, templates)...)
	s.section(title(b.OwnerKind(), owners), ownerRows(owners)...)
	var faults [][]string
	for _, d := range b.Diagnostics {
		faults = append(faults, []string{string(d.Severity) + ": " + d.String()})
	}
	if len(faults) > 0 {
		s.section("Faults", faults...)
	}
	s.messages(v1alpha1.ConditionReady)
}

// blueprintSteps has a row for each step in the order of work, and one for each of its
// options.
func blueprintSteps(b *blueprint.Blueprint, templates map[blueprint.TemplateUse]*stamp.Template) [][]string {
	var rows [][]string
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
			rows = append(rows, append(row, r.TemplateName+missing(templates, r, r.TemplateName), "-"))
			continue
		}
		for i, o := range r.Options {
			if i > 0 {
				row = []string{"", "", ""}
			}
			rows = append(rows, append(slices.Clip(row), o.String()+missing(templates, r, o.Name), o.Selector.String()))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return append([][]string{{"STEP", "INPUTS", "KIND", "TEMPLATE", "WHEN"}}, rows...)
}

func missing(templates map[blueprint.TemplateUse]*stamp.Template, r *blueprint.Resource, name string) string {
	if name != "" && templates[blueprint.TemplateUse{Resource: r.Name, Kind: r.TemplateKind, Name: name}] == nil {
		return " (missing)"
	}
	return ""
}

// params has a row for each param of each step: its value when the owner says nothing,
// where that comes from, and whether the owner may say otherwise.
func params(b *blueprint.Blueprint, templates map[blueprint.TemplateUse]*stamp.Template) [][]string {
	var rows [][]string
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
				rows = append(rows, row)
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
	if len(rows) == 0 {
		return nil
	}
	return append([][]string{{"STEP", "PARAM", "VALUE", "FROM", "MAY BE SET BY"}}, rows...)
}

func value(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if text := []rune(string(encoded)); len(text) > maxValue {
		return string(text[:maxValue]) + "…"
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

// ownerRows lists what failed first, then what waits, then what is ready.
func ownerRows(owners []*noun.Item) [][]string {
	rank := map[metav1.ConditionStatus]int{metav1.ConditionFalse: 0, metav1.ConditionUnknown: 1, metav1.ConditionTrue: 2}
	slices.SortStableFunc(owners, func(a, b *noun.Item) int {
		if d := rank[a.Ready().Status] - rank[b.Ready().Status]; d != 0 {
			return d
		}
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	var rows [][]string
	for i, o := range owners {
		if i == 0 {
			rows = append(rows, []string{"NAMESPACE", "NAME", "READY", "REASON"})
		}
		if i == maxOwners {
			rows = append(rows, []string{fmt.Sprintf("and %d more", len(owners)-i)})
			break
		}
		ready := o.Ready()
		rows = append(rows, []string{o.Namespace, o.Name, string(ready.Status), cmdutil.Dash(ready.Reason)})
	}
	return rows
}

package get

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/why"
)

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
		blueprintSteps(b, v.use), params(b, v.use.Templates), owners(b.OwnerKind(), v.use), faults,
		{key: "messages", title: "Messages", lines: conditionMessages(v.item.Status.Conditions, v1alpha1.ConditionReady)},
	}
}

// blueprintSteps has a row for each step in the order of work, and one for each of its
// options.
func blueprintSteps(b *blueprint.Blueprint, u *collect.Use) section {
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
			s.rows = append(s.rows, append(row, r.TemplateName+absent(u, r, r.TemplateName), "-"))
			continue
		}
		for i, o := range r.Options {
			if i > 0 {
				row = []string{"", "", ""}
			}
			s.rows = append(s.rows, append(slices.Clip(row), o.String()+absent(u, r, o.Name), o.Selector.String()))
		}
	}
	return s
}

// absent says behind the name of a template that there is none.
func absent(u *collect.Use, r *blueprint.Resource, name string) string {
	template, read := u.Templates[blueprint.TemplateUse{Resource: r.Name, Kind: r.TemplateKind, Name: name}]
	switch {
	case name == "" || template != nil:
		return ""
	case !read:
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
			row := []string{r.Name, name, why.Value(p.Value), string(p.Origin), by}
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

// title counts the owners by their health.
func title(kind string, owners []why.OwnerState) string {
	counts := map[string]int{}
	for _, o := range owners {
		counts[o.Ready.Status]++
	}
	plural := noun.OfKind(kind).Plural
	return fmt.Sprintf("%s (%d ready, %d failed, %d waiting)", strings.ToUpper(plural[:1])+plural[1:],
		counts["True"], counts["False"], len(owners)-counts["True"]-counts["False"])
}

// maxOwners is how many owners are listed; there can be thousands.
const maxOwners = 20

// owners lists what failed first, then what waits, then what is ready.
func owners(kind string, u *collect.Use) section {
	if u.OwnersUnknown {
		plural := noun.OfKind(kind).Plural
		return section{key: "owners", title: strings.ToUpper(plural[:1]) + plural[1:], nothing: "not known"}
	}
	s := section{key: "owners", title: title(kind, u.Owners), titles: []string{"NAMESPACE", "NAME", "READY", "REASON"}}
	rank := map[string]int{"False": -1, "True": 1}
	sorted := slices.SortedStableFunc(slices.Values(u.Owners), func(a, b why.OwnerState) int {
		return cmp.Or(rank[a.Ready.Status]-rank[b.Ready.Status], strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name))
	})
	for i, owner := range sorted {
		if i == maxOwners {
			s.lines = append(s.lines, fmt.Sprintf("and %d more", len(sorted)-i))
			break
		}
		s.rows = append(s.rows, []string{owner.Namespace, owner.Name, cmdutil.Dash(owner.Ready.Status), cmdutil.Dash(owner.Ready.Reason)})
	}
	return s
}

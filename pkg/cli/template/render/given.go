package render

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// given is what a person gives in place of a blueprint: inputs and params.
type given struct {
	sources    []stamp.Source
	images     []stamp.Image
	configs    []stamp.Config
	deployment *stamp.Source
	params     map[string]any
	labels     map[string]string
	selected   map[string]any
}

// givenOf reads values; all faults are told at once.
func givenOf(values map[string]any, isRun bool) (*given, error) {
	g := &given{}
	known := map[string]func(any) error{
		"sources": each(func(name string, m map[string]any) {
			g.sources = append(g.sources, stamp.Source{Name: name, URL: m["url"], Revision: m["revision"]})
		}),
		"source": aMap("source", func(m map[string]any) {
			g.sources = append(g.sources, stamp.Source{Name: "source", URL: m["url"], Revision: m["revision"]})
		}),
		"images": each(func(name string, m map[string]any) {
			g.images = append(g.images, stamp.Image{Name: name, Image: m["image"]})
		}),
		"image": func(v any) error { g.images = append(g.images, stamp.Image{Name: "image", Image: v}); return nil },
		"configs": each(func(name string, m map[string]any) {
			g.configs = append(g.configs, stamp.Config{Name: name, Config: m["config"]})
		}),
		"config": func(v any) error { g.configs = append(g.configs, stamp.Config{Name: "config", Config: v}); return nil },
		"deployment": aMap("deployment", func(m map[string]any) {
			g.deployment = &stamp.Source{URL: m["url"], Revision: m["revision"], Name: ""}
		}),
		"params": aMap("params", func(m map[string]any) { g.params = m }),
		"labels": aMap("labels", func(m map[string]any) {
			g.labels = make(map[string]string, len(m))
			for key, value := range m {
				g.labels[key] = fmt.Sprint(value)
			}
		}),
	}
	if isRun {
		known = map[string]func(any) error{"selected": aMap("selected", func(m map[string]any) { g.selected = m })}
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		take, ok := known[name]
		if !ok {
			faults = append(faults, fmt.Errorf("value %q has no meaning here; there are: %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
			continue
		}
		if err := take(values[name]); err != nil {
			faults = append(faults, err)
		}
	}
	for _, both := range [][2]string{{"source", "sources"}, {"image", "images"}, {"config", "configs"}} {
		if values[both[0]] != nil && values[both[1]] != nil {
			faults = append(faults, fmt.Errorf("values %s and %s exclude each other", both[0], both[1]))
		}
	}
	return g, errors.Join(faults...)
}

// aMap takes a map.
func aMap(name string, take func(map[string]any)) func(any) error {
	return func(v any) error {
		m, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("value %s must be a map", name)
		}
		take(m)
		return nil
	}
}

// each takes a map of maps, in the order of the names.
func each(take func(name string, m map[string]any)) func(any) error {
	return func(v any) error {
		all, ok := v.(map[string]any)
		if !ok {
			return errors.New("sources, images and configs are maps from names to maps")
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			m, ok := all[name].(map[string]any)
			if !ok {
				return fmt.Errorf("the input %s must be a map", name)
			}
			take(name, m)
		}
		return nil
	}
}

// context is what the template sees.
func (g *given) context(template *stamp.Template, view map[string]any, owner []blueprint.OwnerParam) *stamp.Context {
	params := map[string]any{}
	for name, p := range blueprint.ResolveParams(template.Params, &blueprint.Blueprint{}, &blueprint.Resource{}, owner) {
		params[name] = p.Value
	}
	maps.Copy(params, g.params)
	return &stamp.Context{
		Owner: view, Params: params, Labels: g.labels,
		Sources: g.sources, Images: g.images, Configs: g.configs, Deployment: g.deployment,
		DeclaredSources: len(g.sources), DeclaredImages: len(g.images), DeclaredConfigs: len(g.configs),
	}
}

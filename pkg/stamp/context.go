package stamp

import "sort"

// Source is a source, or deployment, input that is available.
type Source struct {
	Name          string
	URL, Revision any
}

// Image is an image input that is available.
type Image struct {
	Name  string
	Image any
}

// Config is a config input that is available.
type Config struct {
	Name   string
	Config any
}

// Context is what a template sees (spec: reconcile §6.1).
type Context struct {
	// Owner is the View of the owner; offered as workload and as deliverable.
	Owner map[string]any
	// Params by name.
	Params map[string]any
	// Sources, Images and Configs that are available, in the declared order.
	Sources []Source
	Images  []Image
	Configs []Config
	// How many inputs of each type are declared: the short names source, image and
	// config exist only where exactly one is (spec: reconcile Q6).
	DeclaredSources, DeclaredImages, DeclaredConfigs int
	// Deployment input; nil when there is none, or none yet.
	Deployment *Source
	// Labels that Carto will set.
	Labels map[string]string
	// Missing inputs: how a tag reaches them (source, sources.code, image, …) and the
	// resource whose output they are.
	Missing map[string]string
}

// RunContext is what a ClusterRunTemplate sees (spec: reconcile §6.7).
type RunContext struct {
	// Runnable is the View of the Runnable.
	Runnable map[string]any
	// Selected is the object that the Runnable's selector matches; nil without one.
	Selected map[string]any
}

func (c *RunContext) scope() *scope {
	roots := map[string]any{"runnable": c.Runnable, "selected": nil}
	if c.Selected != nil {
		roots["selected"] = c.Selected
	}
	return &scope{roots: roots}
}

// scope is a context laid out for path expressions.
type scope struct {
	roots   map[string]any
	missing map[string]string
	spent   int
	budget  *budget // of all tags
}

func (s *scope) paths() *budget {
	if s.budget == nil {
		s.budget = &budget{maxSteps}
	}
	return s.budget
}

func (c *Context) scope() *scope {
	sources := make(map[string]any, len(c.Sources))
	for _, s := range c.Sources {
		sources[s.Name] = s.value()
	}
	images := make(map[string]any, len(c.Images))
	for _, i := range c.Images {
		images[i.Name] = map[string]any{"image": i.Image, "name": i.Name}
	}
	configs := make(map[string]any, len(c.Configs))
	for _, i := range c.Configs {
		configs[i.Name] = map[string]any{"config": i.Config, "name": i.Name}
	}
	labels := make(map[string]any, len(c.Labels))
	for key, value := range c.Labels {
		labels[key] = value
	}
	params := c.Params
	if params == nil {
		params = map[string]any{}
	}
	roots := map[string]any{
		"workload": c.Owner, "deliverable": c.Owner, "params": params,
		"sources": sources, "images": images, "configs": configs,
		"deployment": nil, "labels": labels,
	}
	if c.Deployment != nil {
		roots["deployment"] = c.Deployment.value()
	}
	if c.DeclaredSources == 1 && len(c.Sources) == 1 {
		roots["source"] = c.Sources[0].value()
	}
	if c.DeclaredImages == 1 && len(c.Images) == 1 {
		roots["image"] = c.Images[0].Image
	}
	if c.DeclaredConfigs == 1 && len(c.Configs) == 1 {
		roots["config"] = c.Configs[0].Config
	}
	return &scope{roots: roots, missing: c.Missing}
}

func (s Source) value() map[string]any {
	return map[string]any{"url": s.URL, "revision": s.Revision, "name": s.Name}
}

// known lists the names that a tag can begin with.
func (s *scope) known() []string {
	names := make([]string, 0, len(s.roots))
	for name := range s.roots {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

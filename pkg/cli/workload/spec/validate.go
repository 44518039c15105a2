package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/quantity"
	"github.com/carto-run/carto/pkg/source"
)

// maxManager is how long the name of a field manager may be.
const maxManager = 128

// Faults checks the flags against each other; what depends on the file or on the cluster
// is checked once that is read. asks tells whether the command asks a question when it
// is not a dry run.
func (o *Options) Faults(asks bool) []error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	switch o.DryRun {
	case "none", "client", "server":
	default:
		fault("--dry-run is %q; one of: none, client, server", o.DryRun)
	}
	// The limit of the API server.
	if n := len(o.FieldManager); n == 0 || n > maxManager {
		fault("--field-manager has %d characters; it needs 1 to %d", n, maxManager)
	}
	if o.changed("filename") && o.File == "" {
		fault("--filename is empty")
	}
	if o.Name == "" && o.File == "" {
		fault("a NAME or a file (-f) is needed")
	}
	if o.Wait && o.DryRun != "none" {
		fault("--wait and --tail have nothing to wait for with --dry-run")
	}
	if o.WaitTimeout <= 0 {
		fault("--wait-timeout is %s; it must be positive", o.WaitTimeout)
	}
	if o.Delay < 0 {
		fault("--delay is %s; it must not be negative", o.Delay)
	}
	// Standard input that holds the workload cannot hold the answer too.
	if (asks || o.File == "-") && o.DryRun == "none" && !o.Yes && !o.Streams.CanPrompt() {
		fault("there is no terminal to ask on; --yes answers the question")
	}
	faults = append(faults, o.pairFaults()...)
	faults = append(faults, o.sourceFaults()...)
	return append(faults, o.Output.Validate())
}

func (o *Options) pairFaults() []error {
	var faults []error
	note := func(err error) { faults = append(faults, err) }
	for _, p := range []struct {
		flag   string
		values []string
	}{
		{"label", o.Labels}, {"annotation", o.Annotations}, {"param", o.Params}, {"param-yaml", o.ParamsYAML},
	} {
		for _, v := range p.values {
			_, err := parsePair(p.flag, v)
			note(err)
		}
	}
	for _, v := range o.ServiceRefs {
		p, err := parsePair("service-ref", v)
		note(err)
		if err == nil && !p.remove {
			_, err = parseClaim(p.value)
			note(err)
		}
	}
	_, err := o.Env.entries("env")
	note(err)
	_, err = o.BuildEnv.entries("build-env")
	note(err)
	for _, q := range o.quantities() {
		if *q.value == "" {
			continue
		}
		parsed, err := quantity.Parse(*q.value)
		if err != nil {
			note(fmt.Errorf("--%s %q is no quantity such as %s", q.flag, *q.value, q.example))
		} else if parsed.Sign() < 0 {
			note(fmt.Errorf("--%s %q is negative", q.flag, *q.value))
		}
	}
	return faults
}

// sourceFaults: at most one of the kinds of sources (spec: cli §2.2). An empty value
// unsets, so it is no second source.
func (o *Options) sourceFaults() []error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	var kinds []string
	for _, k := range []struct {
		name   string
		values []string
	}{
		{"the --git-* flags", []string{o.GitRepo, o.GitBranch, o.GitTag, o.GitCommit}},
		{"the --maven-* flags", []string{o.MavenGroup, o.MavenArtifact, o.MavenVersion, o.MavenType}},
		{"--image", []string{o.Image}},
		{"--source-image and --local-path", []string{o.SourceImage, o.LocalPath}},
	} {
		if strings.Join(k.values, "") != "" {
			kinds = append(kinds, k.name)
		}
	}
	if len(kinds) > 1 {
		fault("%s exclude each other: a workload has one source", strings.Join(kinds, " and "))
	}
	if o.Image != "" && o.SubPath != "" {
		fault("--sub-path is a folder of a source; it has no meaning with --image")
	}
	if o.LocalPath != "" && o.SourceImage == "" {
		fault("--local-path needs --source-image, the place in a registry to push to: there is no proxy in the cluster that would take the source")
	}
	if o.LocalPath != "" && o.SourceImage != "" {
		_, err := source.ParsePlace(o.SourceImage)
		if err != nil {
			fault("--source-image: %w", err)
		}
	}
	if o.changed("local-path") && o.LocalPath == "" {
		fault("--local-path is empty")
	}
	if o.LocalPath == "" || o.SourceImage == "" {
		for _, flag := range []string{"ca-cert", "username", "password", "token"} {
			if o.changed(registryPrefix + flag) {
				fault("--%s is only for --local-path with --source-image", registryPrefix+flag)
			}
		}
	}
	if r := o.Registry; r.Token != "" && (r.Username != "" || r.Password != "") {
		fault("--registry-token and --registry-username or --registry-password exclude each other")
	} else if (r.Username == "") != (r.Password == "") {
		fault("--registry-username and --registry-password belong together")
	}
	return faults
}

// variable is one environment variable as the flags give it.
type variable struct {
	name   string
	value  map[string]any // the entry without its name
	remove bool
}

// entries are the variables in the order of the flags: literals first. A name twice is
// refused, because which of two flags came last is not known.
func (e *EnvFlags) entries(flag string) ([]variable, error) {
	var all []variable
	var faults []error
	seen := map[string]string{}
	for _, source := range []struct {
		flag   string
		values []string
		entry  func(flag, value string) (map[string]any, error)
	}{
		{flag, e.Literal, func(_, value string) (map[string]any, error) { return map[string]any{"value": value}, nil }},
		{flag + "-from-secret", e.FromSecret, reference("secretKeyRef")},
		{flag + "-from-config-map", e.FromConfigMap, reference("configMapKeyRef")},
	} {
		for _, text := range source.values {
			p, err := parsePair(source.flag, text)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			v := variable{name: p.key, remove: p.remove}
			if !p.remove {
				if v.value, err = source.entry(source.flag, p.value); err != nil {
					faults = append(faults, err)
					continue
				}
			}
			if other, twice := seen[p.key]; twice && other != source.flag {
				faults = append(faults, fmt.Errorf("--%s and --%s both give %s", other, source.flag, p.key))
			}
			seen[p.key] = source.flag
			all = append(all, v)
		}
	}
	return all, errors.Join(faults...)
}

func reference(field string) func(flag, value string) (map[string]any, error) {
	return func(flag, value string) (map[string]any, error) {
		ref, err := parseKeyRef(flag, value)
		if err != nil {
			return nil, err
		}
		return map[string]any{"valueFrom": map[string]any{field: map[string]any{"name": ref.name, "key": ref.key}}}, nil
	}
}

// mavenGiven tells whether any flag about maven was used.
func (o *Options) mavenGiven() bool {
	return slices.ContainsFunc([]string{"maven-group", "maven-artifact", "maven-version", "maven-type"}, o.changed)
}

func (o *Options) gitGiven() bool {
	return slices.ContainsFunc([]string{"git-repo", "git-branch", "git-tag", "git-commit"}, o.changed)
}

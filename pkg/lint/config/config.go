// Package config is the configuration of lint: the file .carto-lint.yaml.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

// Name of the file. It is looked for in the folder of what is checked, and in those above.
const Name = ".carto-lint.yaml"

// Config is what the file says.
type Config struct {
	// KubernetesVersion and TargetVersion: see lint.Options.
	KubernetesVersion string `json:"kubernetesVersion,omitempty"`
	TargetVersion     string `json:"targetVersion,omitempty"`
	// FailOn is the level from which on findings make the run fail.
	FailOn Level `json:"failOn,omitempty"`
	// Baseline is a file of findings that do not count, seen from the folder of this file.
	Baseline string `json:"baseline,omitempty"`
	// Rules are levels by ID, slug or family of rules.
	Rules map[string]Level `json:"rules,omitempty"`
	// Paths are levels for some files. Later ones win.
	Paths []Paths `json:"paths,omitempty"`
	// Exclude are files that are not read when folders are.
	Exclude []Exclude `json:"exclude,omitempty"`
}

// Paths are levels of rules for the files that a pattern matches.
type Paths struct {
	// Path is a pattern such as teams/**/*.yaml, seen from the folder of the configuration.
	Path  string           `json:"path"`
	Rules map[string]Level `json:"rules"`
}

// Exclude leaves files out, for a reason.
type Exclude struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Level is a level by its word; nothing is no level.
type Level struct {
	Level lint.Level
	Given bool
}

// UnmarshalJSON reads the word. YAML takes off for false.
func (l *Level) UnmarshalJSON(data []byte) error {
	if string(data) == "false" {
		*l = Level{lint.Off, true}
		return nil
	}
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return fmt.Errorf("%s is no level; one of: off, info, warning, error", data)
	}
	level, err := lint.ParseLevel(word)
	*l = Level{level, true}
	return err
}

// Version is MAJOR.MINOR, as in --kubernetes-version and --target-version.
var Version = regexp.MustCompile(`^v?(\d+\.\d+)(\.\d+)?$`)

// Parse reads the file. All faults are in the error, each as FILE:LINE: MESSAGE.
func Parse(name string, data []byte, rules []*lint.Rule) (*Config, error) {
	docs, err := manifest.Parse(name, data)
	if err != nil {
		return nil, err
	}
	c := &Config{}
	if len(docs) == 0 {
		return c, nil
	}
	if len(docs) > 1 {
		return nil, docs[1].Errorf("", "a second document; the configuration is one")
	}
	doc := &docs[0]
	if err := c.levels(doc); err != nil { // the decoder would not know the line
		return nil, err
	}
	if err := doc.Into(c); err != nil {
		return nil, err
	}
	return c, errors.Join(c.faults(doc, rules)...)
}

// levels looks at every level by itself, so that each fault has its line.
func (c *Config) levels(doc *manifest.Document) error {
	var faults []error
	check := func(at string, value any) {
		raw, err := json.Marshal(value)
		if err == nil {
			err = (&Level{}).UnmarshalJSON(raw)
		}
		if err != nil {
			faults = append(faults, doc.Errorf(at, "%s: %w", at, err))
		}
	}
	if value, given := doc.Object["failOn"]; given {
		check("failOn", value)
	}
	each := func(at string, value any) {
		levels, _ := value.(map[string]any)
		for _, key := range doc.Keys(at) {
			check(manifest.Join(at, key), levels[key])
		}
	}
	each("rules", doc.Object["rules"])
	paths, _ := doc.Object["paths"].([]any)
	for i, entry := range paths {
		fields, _ := entry.(map[string]any)
		each(fmt.Sprintf("paths[%d].rules", i), fields["rules"])
	}
	return errors.Join(faults...)
}

func (c *Config) faults(doc *manifest.Document, rules []*lint.Rule) []error {
	var faults []error
	fault := func(at, format string, args ...any) { faults = append(faults, doc.Errorf(at, format, args...)) }
	names := func(at string) {
		for _, name := range doc.Keys(at) {
			if !slices.ContainsFunc(rules, func(r *lint.Rule) bool { return Names(name, r) }) {
				fault(manifest.Join(at, name), "%s: there is no rule and no family %q; lint rules lists them", at, name)
			}
		}
	}
	pattern := func(at, text string) {
		if text == "" || !doublestar.ValidatePattern(text) || path.IsAbs(text) {
			fault(at, "%s: %q is no pattern for paths below this folder, such as teams/**/*.yaml", at, text)
		}
	}
	version := func(field, value string) {
		if value != "" && !Version.MatchString(value) {
			fault(field, "%s: %q is no version; write MAJOR.MINOR in quotes", field, value)
		}
	}
	version("kubernetesVersion", c.KubernetesVersion)
	version("targetVersion", c.TargetVersion)
	if c.FailOn.Given && c.FailOn.Level == lint.Off {
		fault("failOn", "failOn: off would hide every fault; one of: info, warning, error")
	}
	names("rules")
	for i, p := range c.Paths {
		at := fmt.Sprintf("paths[%d]", i)
		pattern(at+".path", p.Path)
		names(at + ".rules")
	}
	for i, e := range c.Exclude {
		at := fmt.Sprintf("exclude[%d]", i)
		pattern(at+".path", e.Path)
		if strings.TrimSpace(e.Reason) == "" {
			fault(at, "%s: the reason is missing", at)
		}
	}
	return faults
}

// Names says that a word names a rule: by ID, slug or family.
func Names(word string, rule *lint.Rule) bool {
	return strings.EqualFold(rule.ID, word) || rule.Slug == word || strings.EqualFold(rule.Family(), word)
}

// Level says how bad a rule's findings are in a file, seen from the folder of the
// configuration; false when it does not say. What is said of a rule wins over what is said of
// its family, and of paths the last that says something.
func (c *Config) Level(rule *lint.Rule, file string) (lint.Level, bool) {
	level, said := levelIn(c.Rules, rule)
	for _, p := range c.Paths {
		if more, ok := levelIn(p.Rules, rule); ok && doublestar.MatchUnvalidated(p.Path, file) {
			level, said = more, true
		}
	}
	return level, said
}

func levelIn(levels map[string]Level, rule *lint.Rule) (lint.Level, bool) {
	var family Level
	for name, level := range levels {
		switch {
		case strings.EqualFold(name, rule.ID), name == rule.Slug:
			return level.Level, true
		case strings.EqualFold(name, rule.Family()):
			family = level
		}
	}
	return family.Level, family.Given
}

// Excluded is why a file, or all in a folder, is left out; empty when it is not.
func (c *Config) Excluded(file string) string {
	for _, e := range c.Exclude {
		if doublestar.MatchUnvalidated(e.Path, file) {
			return e.Reason
		}
	}
	return ""
}

package lint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/config"
	"github.com/carto-run/carto/pkg/lint/report"
	"github.com/carto-run/carto/pkg/lint/rules"
)

// configure reads the configuration, and takes from it what no flag says.
func (o *Options) configure() error {
	path := o.ConfigFile
	if path == "" {
		var err error
		if path, err = o.findConfig(); err != nil || path == "" {
			return err
		}
	}
	data, err := manifest.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	if o.config, err = config.Parse(path, data, rules.All()); err != nil {
		return err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	o.configDir = filepath.Dir(absolute)
	take := func(flag *string, value string) {
		if *flag == "" {
			*flag = value
		}
	}
	take(&o.KubernetesVersion, o.config.KubernetesVersion)
	take(&o.TargetVersion, o.config.TargetVersion)
	if o.config.Baseline != "" {
		take(&o.BaselineFile, relative(filepath.Join(o.configDir, o.config.Baseline)))
	}
	return nil
}

// findConfig looks in the folder of each path and in those above, up to the root of the
// repository. Paths with different configurations are for different runs: a level that holds
// for half of a report helps nobody.
func (o *Options) findConfig() (string, error) {
	found := ""
	for _, path := range o.Paths {
		if path == "-" {
			path = "."
		}
		at, err := configAbove(path)
		if err != nil || at == "" {
			continue // what can not be read is told when it is read
		}
		if found != "" && at != found {
			return "", fmt.Errorf("the paths have different configurations, %s and %s; check them one after the other, or name one with --config", relative(found), relative(at))
		}
		found = at
	}
	if found == "" {
		return "", nil
	}
	return relative(found), nil
}

func configAbove(path string) (string, error) {
	folder, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		folder = filepath.Dir(folder)
	}
	for {
		candidate := filepath.Join(folder, config.Name)
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() {
			return candidate, nil
		}
		_, err := os.Stat(filepath.Join(folder, ".git"))
		if above := filepath.Dir(folder); err != nil && above != folder {
			folder = above
			continue
		}
		return "", nil
	}
}

// level is what the configuration says of a rule in a file. A rule that is asked for by name
// is not off.
func (o *Options) level(rule *lint.Rule, file string) (lint.Level, bool) {
	if o.config == nil {
		return 0, false
	}
	level, said := o.config.Level(rule, o.configName(file))
	if level == lint.Off && len(o.Only) > 0 {
		return 0, false
	}
	return level, said
}

// configName is a file as patterns of the configuration see it.
func (o *Options) configName(file string) string { return nameFrom(o.configDir, file) }

// nameFrom is a file as it is seen from a folder, with slashes.
func nameFrom(folder, file string) string {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return filepath.ToSlash(file)
	}
	if name, err := filepath.Rel(folder, absolute); err == nil {
		return filepath.ToSlash(name)
	}
	return filepath.ToSlash(file)
}

// relative is a path as it is seen from here, when it is below.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if name, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(name) {
		return name
	}
	return path
}

// baseline writes the baseline, or takes out of the report what it knows.
func (o *Options) baseline(files []lint.File, found *lint.Report) error {
	if o.BaselineFile == "" {
		return nil
	}
	absolute, err := filepath.Abs(o.BaselineFile)
	if err != nil {
		return err
	}
	name := func(file string) string { return nameFrom(filepath.Dir(absolute), file) }
	if o.WriteBaseline {
		b := lint.NewBaseline(found.Findings, name)
		data, err := json.MarshalIndent(b, "", "  ")
		if err != nil {
			return err
		}
		if err := replace(o.BaselineFile, append(data, '\n')); err != nil {
			return fmt.Errorf("cannot write the baseline: %w", err)
		}
		o.sayf("%s: %s written", o.BaselineFile, report.Count(len(b.Findings), "finding"))
		b.Apply(found, files, o.rules, name)
		return nil
	}
	data, err := manifest.ReadFile(o.BaselineFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot read the baseline: %w; write it with --write-baseline", err)
	}
	if err != nil {
		return fmt.Errorf("cannot read the baseline: %w", err)
	}
	b, err := lint.ReadBaseline(o.BaselineFile, data)
	if err != nil {
		return err
	}
	for _, k := range b.Apply(found, files, o.rules, name) {
		o.sayf("%s: stale: %s: %s [%s]; write the baseline again", o.BaselineFile, k.File, strings.TrimSpace(k.Message), k.Rule)
	}
	return nil
}

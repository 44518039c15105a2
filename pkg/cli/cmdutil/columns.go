package cmdutil

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/jsonpath"

	"github.com/carto-run/carto/pkg/table"
)

// Formats of kubectl that its library for plugins leaves out. They live in the package of
// its get command, which doubles the time until a plugin answers (from 15 to 30 ms, for
// each press of the tab key too) and adds seven modules and 3 MB, for a table of JSONPath
// results.
const (
	formatColumns     = "custom-columns"
	formatColumnsFile = "custom-columns-file"
)

// columnPrinter prints chosen fields of objects as a table.
type columnPrinter struct {
	paths []*jsonpath.JSONPath
	table *table.Printer
}

// newColumnPrinter reads the columns from the argument of the format: TITLE:PATH,… or a
// file with a line of titles and a line of paths.
func newColumnPrinter(format, argument string, noHeaders bool) (*columnPrinter, error) {
	if argument == "" {
		return nil, fmt.Errorf("the columns are missing, as in %s=%s", format, map[string]string{
			formatColumns: "NAME:.metadata.name,READY:.status.phase", formatColumnsFile: "columns.txt",
		}[format])
	}
	titles, paths, err := columnsOf(argument)
	if format == formatColumnsFile {
		titles, paths, err = columnsOfFile(argument)
	}
	if err != nil {
		return nil, err
	}
	p := &columnPrinter{}
	columns := make([]table.Column, len(titles))
	for i, title := range titles {
		columns[i].Title = title
		path, err := fieldPath(paths[i])
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", title, err)
		}
		p.paths = append(p.paths, path)
	}
	p.table = table.New(columns, table.Options{NoHeaders: noHeaders})
	return p, nil
}

func columnsOf(argument string) (titles, paths []string, err error) {
	for _, column := range splitColumns(argument) {
		title, path, found := strings.Cut(column, ":")
		if !found || title == "" || path == "" {
			return nil, nil, fmt.Errorf("%q is no column; write TITLE:PATH", column)
		}
		titles, paths = append(titles, title), append(paths, path)
	}
	return titles, paths, nil
}

// splitColumns splits at the commas that are not inside of brackets or quotes.
func splitColumns(s string) []string {
	var columns []string
	depth, start := 0, 0
	var quote rune
	for i, c := range s {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case depth > 0 && (c == '\'' || c == '"'):
			quote = c
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			depth--
		case c == ',' && depth <= 0:
			columns = append(columns, s[start:i])
			start = i + 1
		}
	}
	return append(columns, s[start:])
}

func columnsOfFile(name string) (titles, paths []string, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != 2 {
		return nil, nil, fmt.Errorf("%s has %d lines; want one of titles and one of paths", name, len(lines))
	}
	titles, paths = strings.Fields(lines[0]), strings.Fields(lines[1])
	if len(titles) != len(paths) {
		return nil, nil, fmt.Errorf("%s has %d titles and %d paths", name, len(titles), len(paths))
	}
	return titles, paths, nil
}

// fieldPath parses a path that may be written without braces and without its first dot,
// as kubectl allows where a flag can only hold a path.
func fieldPath(text string) (*jsonpath.JSONPath, error) {
	inner := strings.TrimSpace(text)
	if strings.HasPrefix(inner, "{") && strings.HasSuffix(inner, "}") {
		inner = inner[1 : len(inner)-1]
	}
	if inner == "" || strings.ContainsAny(inner, "{}") {
		return nil, fmt.Errorf("%q is no path to a field; write one like .metadata.name", text)
	}
	if inner[0] != '.' && inner[0] != '[' && inner[0] != '$' && inner[0] != '@' {
		inner = "." + inner
	}
	path := jsonpath.New("field").AllowMissingKeys(true)
	if err := path.Parse("{" + inner + "}"); err != nil {
		return nil, fmt.Errorf("%q is no path to a field: %w", text, err)
	}
	return path, nil
}

// PrintObj prints a row for the object, or one for each item of a list.
func (p *columnPrinter) PrintObj(obj runtime.Object, w io.Writer) error {
	content, ok := obj.(runtime.Unstructured)
	if !ok {
		return errors.New("cannot print columns of a typed object") // no command does
	}
	var rows [][]string
	add := func(item any) error {
		row, err := p.row(item)
		rows = append(rows, row)
		return err
	}
	fields := content.UnstructuredContent()
	items, isList := fields["items"].([]any)
	if !isList {
		if err := add(fields); err != nil {
			return err
		}
	}
	for _, item := range items {
		if err := add(item); err != nil {
			return err
		}
	}
	return p.table.Write(w, rows)
}

func (p *columnPrinter) row(item any) ([]string, error) {
	row := make([]string, len(p.paths))
	for i, path := range p.paths {
		values, err := found(path, item)
		if err != nil {
			return nil, err
		}
		texts := make([]string, len(values))
		for j, v := range values {
			texts[j] = fmt.Sprint(v)
		}
		if row[i] = strings.Join(texts, ","); len(texts) == 0 {
			row[i] = "<none>"
		}
	}
	return row, nil
}

// found are the values at a path; none where the path leads nowhere.
func found(path *jsonpath.JSONPath, item any) ([]any, error) {
	results, err := path.FindResults(item)
	if err != nil {
		return nil, err
	}
	var values []any
	for _, list := range results {
		for _, v := range list {
			if v.IsValid() && v.CanInterface() && v.Interface() != nil {
				values = append(values, v.Interface())
			}
		}
	}
	return values, nil
}

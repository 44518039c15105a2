package health

import "github.com/carto-run/carto/pkg/lint"

var Rules = []*lint.Rule{}

// Tools live outside the product's go.mod. licenses looks at what is compiled into the programs.
module github.com/carto-run/carto/hack/tools/licenses

go 1.26.8

require github.com/google/licensecheck v0.3.1

module example.com/app

go 1.22

require golang.org/x/text v0.14.0 // indirect

require (
	github.com/pkg/errors v0.9.1
	github.com/old/name v1.0.0
	"github.com/here/too" v1.2.0
)

replace github.com/old/name v1.0.0 => github.com/new/name v1.1.0

replace (
	github.com/here/too => ../too
)

exclude github.com/pkg/errors v0.9.0

package nb

import "fmt"

// Printf is fmt.Printf without results, which the kernel would show below what is
// printed.
func Printf(format string, values ...interface{}) { fmt.Printf(format, values...) }

// Package program turns notebooks into Go programs and runs them.
//
// Not every machine can have the kernel gophernotes, and its interpreter knows
// less than Go: Convert takes the part that both understand, says at which cell
// and line a notebook leaves it, and makes one program of the notebook. Imports,
// types, constants and functions go to the file's level, statements in order into
// main, and the value that a cell ends with is shown. Run compiles it as Go 1.17,
// which has just about what gophernotes has, and gives what each cell printed and
// showed, for the notebook to keep.
//
// A notebook
//
//   - imports first, in a cell of their own: packages of the standard library and
//     one other, since the kernel compiles each import by itself;
//   - has one statement a line, and no line that begins with %, $, ! or a colon;
//   - declares a name once;
//   - has named functions that use only their arguments, types, constants and
//     other functions, which do not call each other in a ring; closures may use
//     variables;
//   - has no generics, methods, goto, func(){...}() on its own, range over numbers
//     or functions, min, max, clear or any;
//   - gives a map's element a name before it is the only argument of a call: f(m[k])
//     is a call of two arguments to gophernotes;
//   - panics, and does not exit: that would end the kernel;
//   - ends a cell with a value that is to be seen, a call that gives none, or
//     another statement.
//
// Sizes stand in a cell with the tag "parameters", one in a line: epochs := 5.
// Config.Set gives them other values.
package program

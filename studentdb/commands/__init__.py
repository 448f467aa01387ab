"""One file per noun or top-level verb: parse -> call -> show."""

"""A spec over three modules, whose model extends the structs of its library, to the type checker's liking."""

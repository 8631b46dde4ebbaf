-- Every change of a resource changes "updated", which is indexed, so no update can stay within its page (HOT): room left in the pages was a fifth of the table for nothing.
ALTER TABLE store.resource RESET (fillfactor);

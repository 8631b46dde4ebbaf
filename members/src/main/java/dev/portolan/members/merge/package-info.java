/**
 * Two Patients of one person: finds pairs that may be, lets staff judge them, makes them one record and two again. Nothing is merged by itself: that two are one is a decision of the plan's staff, since a
 * record that holds another person's data is the worst that can happen here.
 */
@NullMarked
package dev.portolan.members.merge;

import org.jspecify.annotations.NullMarked;
